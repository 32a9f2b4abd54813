"""panelkit itself inside a package: its installed files as one zip, the same on every machine, for a rebuild where no index has it."""

from __future__ import annotations

from pathlib import Path

import panelkit
from panelkit.replication.archive import zipped

VERSION = panelkit.__version__
LEFT_OUT = ("__pycache__",)
KEPT = (".py", ".toml", ".csv", ".j2", ".json", ".md", ".typ", ".txt", ".lock", ".css", ".js", ".ttf", ".otf", ".typed")


def program_files(home: Path | None = None) -> dict[str, bytes]:
    """`panelkit/...` -> bytes of every source and data file of the installed package, and the name and version it is known by."""
    home = home or Path(panelkit.__file__).parent
    known = f"Metadata-Version: 2.1\nName: panelkit\nVersion: {VERSION}\n"
    return {
        f"panelkit-{VERSION}.dist-info/METADATA": known.encode(),
        **{
            f"panelkit/{path.relative_to(home).as_posix()}": path.read_bytes()
            for path in sorted(home.rglob("*"))
            if path.is_file() and path.suffix in KEPT and not set(LEFT_OUT) & set(path.parts)
        },
    }


def program_zip(home: Path | None = None) -> tuple[str, bytes]:
    """Name inside a package, and bytes, of the zip of this panelkit."""
    return f"env/panelkit-{VERSION}.zip", zipped(program_files(home))
