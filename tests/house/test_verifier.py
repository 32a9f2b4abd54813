"""The verifier's modules still join to one file: no name stands in two of them."""

from panelkit.replication.joined import joined


def test_the_verifier_joins_to_one_file() -> None:
    compile(joined(), "verify.py", "exec")
