"""Writing text to a stream whatever its encoding."""

from __future__ import annotations

from typing import TextIO


def write(stream: TextIO, text: str) -> None:
    """Write `text`; characters that the stream cannot encode are escaped.

    Raises BrokenPipeError and OSError as the stream does.
    """
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
