"""`python -m panelkit` and the `panelkit` command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; linear algebra on one thread unless told otherwise, for panels are small and threads only wait."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _hold_streams()
    try:
        from panelkit.cli import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # a text of help or of usage that cannot be told; what a command cannot do is told by it
        from panelkit.answering import silence

        if error.filename is not None:
            raise
        for stream in (sys.stdout, sys.stderr):
            silence(stream)
        sys.exit(2)


def _hold_streams() -> None:
    """Let no file that is opened become stdin, stdout or stderr where panelkit was started without them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


if __name__ == "__main__":
    main()
