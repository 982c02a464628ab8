"""The program `diffcli`, also as `python -m diffcli`."""

from __future__ import annotations

import gc
import os
import sys
import threading
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process and end the process."""
    # A command allocates much and frees little: looking for garbage as often as by default costs
    # several milliseconds for imports, and a third of the time for a graph of 100,000 nodes.
    gc.set_threshold(1_000_000, 20, 20)
    status = 130
    # What callbacks of libraries cannot raise comes out as an error of the call that they serve.
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: None
    try:
        from diffcli.cli.main import run

        status = run(sys.argv[1:], sys.stdin, sys.stdout, sys.stderr, os._exit)
    except KeyboardInterrupt:
        pass
    finally:
        # Everything is flushed by now; taking the interpreter apart would cost 10 ms more.
        os._exit(status)


if __name__ == "__main__":
    main()
