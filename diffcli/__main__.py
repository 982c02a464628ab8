"""The program `diffcli`, also as `python -m diffcli`."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process and end the process."""
    # Importing allocates much and frees nothing: the default threshold costs several milliseconds.
    gc.set_threshold(100_000, 20, 20)
    status = 130
    try:
        from diffcli.cli.main import run

        status = run(sys.argv[1:], sys.stdin, sys.stdout, sys.stderr)
    except KeyboardInterrupt:
        pass
    finally:
        # Everything is flushed by now; taking the interpreter apart would cost 10 ms more.
        os._exit(status)


if __name__ == "__main__":
    main()
