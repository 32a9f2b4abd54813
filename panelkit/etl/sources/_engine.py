"""DuckDB as a reader: memory and threads set, no way out to other files; what is asked of it is in sql and records."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from panelkit.core.errors import SourceError

if TYPE_CHECKING:
    import duckdb

LONGEST = 300  # seconds for all queries of one source together
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


class Clock:
    """The time that a source has for all that is asked of its engine, together."""

    def __init__(self) -> None:
        self.limit = self.left = float(LONGEST)

    def within(self, connection: duckdb.DuckDBPyConnection, work: Callable[[], T], where: str) -> T:
        """`work` done on a connection, broken off when the time of the source is used up.

        Raises
        ------
        SourceError
            The engine's complaint in one line.
        """
        import duckdb

        start, done = time.monotonic(), threading.Event()

        def stop() -> None:
            wait = max(self.left, 0.0)
            while not done.wait(wait):  # again and again: an interrupt before the query has begun is lost
                connection.interrupt()
                wait = 0.05

        threading.Thread(target=stop, daemon=True).start()
        try:
            return work()
        except duckdb.InterruptException:
            raise SourceError(
                f"the query was broken off after {self.limit:g} seconds", where=where, mend="ask for less"
            ) from None
        except duckdb.Error as fault:
            said = " ".join(str(fault).split())[:200]
            mend = "a study's query reads the tables of its own database file and nothing else"
            raise SourceError(f"the engine refuses: {said}", where=where, mend=mend) from None
        finally:
            done.set()
            self.left -= time.monotonic() - start
