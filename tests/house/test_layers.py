"""Who may import whom: one way from raw to package, heavy packages only where they belong, and every file of a socket registers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2] / "panelkit"
FILES = sorted(p for p in HOME.rglob("*.py") if "__pycache__" not in p.parts)
SOCKETS = (
    "etl/sources",
    "etl/derive",
    "engines",
    "estimators",
    "checks",
    "reporting/tables",
    "reporting/figures",
    "reporting/render",
)

ALLOWED = {
    "core": {"core"},
    "numerics": {"numerics"},
    "facts": {"facts", "core"},
    "study": {"study", "core"},
    "etl": {"etl", "core", "numerics", "facts"},
    "engines": {"engines", "core", "numerics"},
    "estimators": {"estimators", "core", "numerics"},
    "checks": {"checks", "core", "numerics"},
    "reporting": {"reporting", "core"},
    "replication": {"replication", "core"},
    "simulation": {"simulation", "core", "facts"},
}
ONLY_IN = {
    "pyfixest": ("engines/",),
    "linearmodels": ("engines/",),
    "statsmodels": ("engines/",),
    "matplotlib": ("reporting/figures/",),
    "seaborn": ("reporting/figures/",),
    "docx": ("reporting/render/docx.py",),
    "typer": ("cli.py", "answering.py"),
    "pydantic": ("study/",),
}
NUMERICS_MAY = {"numpy", "scipy"}


def imports(path: Path) -> list[str]:
    """Full dotted names of everything a file imports, also inside functions and under TYPE_CHECKING."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def room(path: Path) -> str:
    return path.relative_to(HOME).parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(HOME).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    allowed = ALLOWED.get(room(path))
    if allowed is None:
        return
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("panelkit.")} - {"__version__"}
    assert rooms <= allowed, f"{path.relative_to(HOME)} reaches into {sorted(rooms - allowed)}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(HOME).as_posix())
def test_packages_stay_in_their_room(path: Path) -> None:
    here = path.relative_to(HOME).as_posix()
    for name in imports(path):
        package = name.split(".")[0]
        if package in ONLY_IN and here not in ("doctor.py",):
            assert here.startswith(ONLY_IN[package]), f"{here} imports {package}"
        if room(path) == "numerics" and package not in ("panelkit", "__future__", *NUMERICS_MAY):
            assert package in __import__("sys").stdlib_module_names, f"{here} imports {package}"


@pytest.mark.parametrize("socket", SOCKETS)
def test_every_file_of_a_socket_registers(socket: str) -> None:
    folder = HOME / socket
    kinds = [p for p in folder.glob("*.py") if not p.name.startswith("_")]
    assert kinds, f"{socket} is empty"
    listed = (folder / "__init__.py").read_text("utf-8")
    for path in kinds:
        assert ".register(" in path.read_text("utf-8"), f"{path.relative_to(HOME)} registers nothing"
        assert path.stem in listed, f"{socket}/__init__.py does not import {path.stem}"


def test_no_circle() -> None:
    graph = {}
    for path in FILES:
        parts = path.relative_to(HOME).with_suffix("").parts
        module = ".".join(["panelkit", *(parts[:-1] if parts[-1] == "__init__" else parts)])
        graph[module] = [n for n in imports(path) if n.startswith("panelkit.")]
    known = set(graph)
    edges = {
        m: {t for n in names for t in (n, n.rsplit(".", 1)[0]) if t in known and t != m} for m, names in graph.items()
    }
    packages = {m for m in known if any(k.startswith(m + ".") for k in known)}
    edges = {m: {t for t in targets if t not in packages} for m, targets in edges.items() if m not in packages}
    state: dict[str, int] = {}

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert state.get(module) != 1, " -> ".join([*trail, module])
        if state.get(module) == 2:
            return
        state[module] = 1
        for target in sorted(edges.get(module, ())):
            visit(target, (*trail, module))
        state[module] = 2

    for module in sorted(edges):
        visit(module, ())


def test_every_module_says_what_lives_there() -> None:
    for path in FILES:
        first = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert first, f"{path.relative_to(HOME)} has no first line"


def test_the_modules_of_the_verifier_join_to_one_file() -> None:
    from panelkit.replication.joined import joined

    ast.parse(joined())  # no two with one name, no circle
