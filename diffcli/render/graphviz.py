"""Pictures of graphs, drawn by Graphviz where it is installed."""

from __future__ import annotations

from diffcli.errors import DiffcliError

SECONDS = 60
"""Time that Graphviz may take: its layout of large graphs may need hours."""


def picture(dot: str, kind: str) -> bytes:
    """The picture of a graph in Graphviz's language: "svg", "png" or "pdf".

    Raises `missing-extra` where Graphviz is not installed, `limit` where it needs too long, and
    `bad-file` where it fails.
    """
    import subprocess
    from shutil import which

    program = which("dot")
    if program is None:
        raise DiffcliError(
            "missing-extra",
            f"Graphviz, which draws .{kind} files, is not installed",
            hint="sudo apt install graphviz (brew install graphviz on a Mac); or write .dot or "
            ".mmd, which need nothing",
        )
    try:
        done = subprocess.run(
            [program, f"-T{kind}"], input=dot.encode(), capture_output=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        words = f"Graphviz needed longer than {SECONDS} seconds"
        raise DiffcliError("limit", words, hint="write .dot, and draw it at leisure") from None
    except OSError as error:
        raise DiffcliError("missing-extra", f"Graphviz cannot be run: {error.strerror}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().split("\n")[0]
        raise DiffcliError("bad-file", f"Graphviz failed: {said or 'it says nothing'}")
    return done.stdout
