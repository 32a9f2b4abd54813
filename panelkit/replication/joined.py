"""The modules of `standalone` joined to the one file that every package carries; what they do is theirs, nothing is verified here."""

from __future__ import annotations

import ast
from importlib import resources

HOME = "panelkit.replication.standalone"
LAST = "command"  # its docstring is that of the file
RULE = "# " + "-" * 64
ALONE = """import sys

if sys.version_info < (3, 9):  # before anything that an older Python cannot read
    sys.stdout.write("cannot verify: this needs Python 3.9 or newer\\n")
    sys.exit(2)
if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]  # the folder of this file: a json.py beside it is a stranger's
"""
ENTRY = 'if __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n'


def joined(modules: dict[str, str] | None = None) -> str:
    """The text of `verify.py`: imports of the standard library, then every module below its first line, each after those it needs.

    Parameters
    ----------
    modules : name -> text of each module; by default those of `standalone`.

    Raises
    ------
    ValueError
        Two modules with one name between them, a circle, or an import that one file could not keep.
    """
    modules = modules if modules is not None else sources()
    trees = {name: ast.parse(text) for name, text in modules.items()}
    imports: set[str] = set()
    bodies: dict[str, str] = {}
    owners: dict[str, str] = {}
    needs: dict[str, set[str]] = {}
    for name, tree in trees.items():
        for defined in _defined(tree):
            if owners.setdefault(defined, name) != name:
                raise ValueError(f"{defined} is defined in {owners[defined]} and in {name}")
        needs[name], taken = _imported(tree, name)
        imports |= taken
        bodies[name] = _body(tree, modules[name])
    doc = ast.get_docstring(trees[LAST], clean=False) or ""
    heads = {n: (ast.get_docstring(t) or "").split("\n")[0] for n, t in trees.items()}
    parts = [
        "\n".join([RULE, f"# {name}" + (f": {heads[name]}" if name != LAST else ""), "", "", bodies[name]])
        for name in _ordered(needs)
    ]
    top = f'#!/usr/bin/env python3\n"""{doc}"""\n\nfrom __future__ import annotations\n\n{ALONE}\n'
    listed = sorted(imports, key=lambda line: (line.startswith("from"), line))
    return top + "\n".join([*listed, "", *(f"{p}\n\n" for p in parts), ENTRY])


def sources() -> dict[str, str]:
    """Name -> text of every module of `standalone` but its `__init__`."""
    found = sorted(resources.files(HOME).iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".py"): entry.read_text("utf-8")
        for entry in found
        if entry.name.endswith(".py") and entry.name != "__init__.py"
    }


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return names


def _imported(tree: ast.Module, name: str) -> tuple[set[str], set[str]]:
    """The modules of `standalone` that one needs, and its other imports as lines."""
    needs: set[str] = set()
    taken: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{HOME}."):
            if any(alias.asname for alias in node.names):
                raise ValueError(f"{name} gives a name of {node.module} another name")
            needs.add((node.module or "").rpartition(".")[2])
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            taken |= {f"from {node.module} import {alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            taken |= {f"import {a.name}" + (f" as {a.asname}" if a.asname else "") for a in node.names}
    return needs, taken


def _body(tree: ast.Module, text: str) -> str:
    """A module without its docstring and imports."""
    lines = text.split("\n")
    last = 0
    for place, node in enumerate(tree.body):
        prose = place == 0 and isinstance(node, ast.Expr)
        if prose or isinstance(node, (ast.Import, ast.ImportFrom)):
            last = node.end_lineno or 0
    return "\n".join(lines[last:]).strip("\n")


def _ordered(needs: dict[str, set[str]]) -> list[str]:
    """Names so that each comes after those it needs, else by name."""
    order: list[str] = []
    while len(order) < len(needs):
        ready = sorted(n for n in needs if n not in order and needs[n] <= set(order) and n != LAST)
        if not ready and len(order) < len(needs) - 1:
            raise ValueError(f"a circle among {', '.join(sorted(set(needs) - set(order)))}")
        order += ready or [LAST]
    return order
