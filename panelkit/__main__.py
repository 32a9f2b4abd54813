"""`python -m panelkit` and the `panelkit` command."""

from __future__ import annotations

import os


def main() -> None:
    """Run the command line; linear algebra on one thread unless told otherwise, for panels are small and threads only wait."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from panelkit.cli import app

    app()


if __name__ == "__main__":
    main()
