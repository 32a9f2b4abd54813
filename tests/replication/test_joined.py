"""verify.py is the modules of `standalone` joined: nothing lost, nothing besides, by the standard library of Python 3.9 alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from panelkit.replication.joined import HOME, joined, sources
from panelkit.replication.package import verifier, write_package


def statements(text: str) -> list[str]:
    """Every statement of a module but its docstring and imports, without its place."""
    tree = ast.parse(text)
    body = tree.body[1:] if isinstance(tree.body[0], ast.Expr) else tree.body
    return [ast.dump(n) for n in body if not isinstance(n, (ast.Import, ast.ImportFrom))]


def test_the_shipped_file_is_the_modules(files: dict[str, bytes]) -> None:
    text = joined()
    assert files["verify.py"].decode() == text == verifier()
    old, alone, *made, entry = statements(text)
    assert sorted(made) == sorted(s for module in sources().values() for s in statements(module))
    for expected, statement in (("version_info", old), ("safe_path", alone), ("__main__", entry)):
        assert expected in statement


def test_only_the_standard_library_is_imported() -> None:
    for node in ast.walk(ast.parse(joined())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert {n.split(".")[0] for n in names} <= sys.stdlib_module_names


def test_no_two_modules_have_one_name_and_no_circle() -> None:
    one = '"""One."""\nimport re\nA = re.escape("a")\n'
    command = '"""Told."""\nimport sys\nfrom panelkit.replication.standalone.one import A\nB = A\n'
    assert joined({"one": one, "command": command}).index("A = ") < joined({"one": one, "command": command}).index(
        "B = "
    )
    with pytest.raises(ValueError, match="A is defined in one and in two"):
        joined({"one": one, "two": one, "command": command})
    with pytest.raises(ValueError, match="circle"):
        joined(
            {
                "one": f'"""One."""\nfrom {HOME}.two import C\n',
                "two": f'"""T."""\nfrom {HOME}.one import A\n',
                "command": command,
            }
        )
    with pytest.raises(ValueError, match="another name"):
        joined({"one": one, "command": command.replace("import A", "import A as C")})


@pytest.mark.parametrize("version", ["3.9.18", "3.11.7", "3.13.0"])
def test_it_runs_with_nothing_installed(files: dict[str, bytes], tmp_path: Path, version: str) -> None:
    there = Path.home() / ".pyenv" / "versions" / version / "bin" / "python"
    python = str(there) if there.exists() else sys.executable
    folder = write_package(files, tmp_path / "p")
    done = subprocess.run([python, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "L1 verified" in done.stdout
