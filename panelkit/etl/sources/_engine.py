"""DuckDB as a reader: memory and threads set, no way out to other files; what is asked of it is in sql and records."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from panelkit.core.errors import SourceError

if TYPE_CHECKING:
    import duckdb

LONGEST = 300  # seconds for one query
_MEMORY = re.compile(r"\d+(\.\d+)?\s*(MB|GB|MiB|GiB)")

T = TypeVar("T")


def settings(memory: str, threads: int, where: str) -> dict[str, Any]:
    """The configuration of a connection.

    Raises
    ------
    SourceError
        Memory or threads that are none.
    """
    if not _MEMORY.fullmatch(memory.strip()) or threads < 1:
        raise SourceError(
            f"memory = '{memory}', threads = {threads} are no limits",
            where=where,
            mend='say memory = "2GB", threads = 1',
        )
    return {
        "memory_limit": memory,
        "threads": threads,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_unsigned_extensions": "false",
        "allow_community_extensions": "false",
        "allow_persistent_secrets": "false",
        "python_enable_replacements": "false",
        "temp_directory": "",
    }


def locked(connection: duckdb.DuckDBPyConnection, *folders: Path) -> None:
    """Close every way to files, but those below `folders`; nothing can open it again."""
    if folders:
        listed = ", ".join("'" + str(f.resolve()).replace("'", "''") + "/'" for f in dict.fromkeys(folders))
        connection.execute(f"SET allowed_directories = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def within_time(connection: duckdb.DuckDBPyConnection, work: Callable[[], T], where: str) -> T:
    """`work` done on a connection, broken off after `LONGEST` seconds.

    Raises
    ------
    SourceError
        The engine's complaint in one line.
    """
    import duckdb

    clock = threading.Timer(LONGEST, connection.interrupt)
    clock.start()
    try:
        return work()
    except duckdb.InterruptException:
        raise SourceError(
            f"the query was broken off after {LONGEST} seconds", where=where, mend="ask for less"
        ) from None
    except duckdb.Error as fault:
        said = " ".join(str(fault).split())[:200]
        mend = "a study's query reads the tables of its own database file and nothing else"
        raise SourceError(f"the engine refuses: {said}", where=where, mend=mend) from None
    finally:
        clock.cancel()
