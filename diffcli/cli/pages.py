"""Long texts: one Markdown file for every command and every topic, whose examples are tests.

The ```console blocks hold commands and what they print. The tests run them, so that what is shown
is what happens; here they are only read.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "help"
"""The texts; `commands` and `topics` in it hold one file for each."""

TOPICS = (
    "language",
    "bindings",
    "programs",
    "batch",
    "json",
    "conventions",
    "errors",
    "environment",
    "completion",
    "repl",
)
"""What there are long texts about, in the order of the list."""

_FENCE = "```console\n"
_END = "\n```"


def command_page(name: str) -> tuple[str, str]:
    """What a command is about, and examples of it with what they print."""
    text = _read("commands", name)
    about, fence, examples = text.partition(_FENCE)
    return about.strip(), (fence + examples).strip()


def topic(name: str) -> str:
    """The text of a topic, which begins with its title."""
    return _read("topics", name)


def title(name: str) -> str:
    """The title of a topic."""
    return topic(name).partition("\n")[0].removeprefix("# ")


def blocks(text: str) -> list[tuple[str, str]]:
    """Paragraphs of a text and its examples in their order: prose, and lines as they stand."""
    found: list[tuple[str, str]] = []
    while text:
        prose, _, rest = text.partition(_FENCE)
        lines, _, text = rest.partition(_END)
        found += [(prose.strip(), lines)]
    return found


def _read(kind: str, name: str) -> str:
    return (FOLDER / kind / f"{name}.md").read_text(encoding="utf-8")
