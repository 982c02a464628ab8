"""A prompt that edits lines, remembers them and completes names, with prompt_toolkit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffcli.program.session import is_complete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diffcli.cli.interaction import Interaction


def prompt(interaction: Interaction) -> Prompt | None:
    """The prompt, or None where prompt_toolkit is not installed."""
    try:
        import prompt_toolkit  # noqa: F401
    except ImportError:
        return None
    return Prompt(interaction)


class Prompt:
    """Statements that are typed; one with a block ends with an empty line."""

    def __init__(self, interaction: Interaction) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import Completer, Completion
        from prompt_toolkit.filters import Condition
        from prompt_toolkit.shortcuts import CompleteStyle

        class Names(Completer):
            def get_completions(self, document: Any, event: Any) -> Iterator[Completion]:
                last, found = interaction.completions(document.text_before_cursor)
                for name in found:
                    yield Completion(name, start_position=-len(last))

        self.session: PromptSession[str] = PromptSession(
            ">>> ",
            multiline=Condition(lambda: not _ends(self.session.default_buffer.text)),
            prompt_continuation="... ",
            completer=Names(),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            history=_history(interaction.env.variables),
        )

    def read(self) -> str | None:
        """What is typed up to the line end that completes it."""
        try:
            return self.session.prompt()
        except EOFError:
            return None


def _ends(text: str) -> bool:
    return text.startswith(":") or is_complete(text.rstrip(" \t"))


def _history(variables: Mapping[str, str]) -> Any:
    """The file that remembers lines; in memory where there can be none."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    path = history_file(variables)
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def history_file(variables: Mapping[str, str]) -> Path | None:
    """`DIFFCLI_HISTORY`, which may be `0` for none, or the platform's place for such files."""
    chosen = variables.get("DIFFCLI_HISTORY", "")
    if chosen:
        return None if chosen == "0" else Path(chosen)
    state = variables.get("XDG_STATE_HOME", "")
    home = variables.get("HOME", "")
    if not state.startswith("/"):
        state = f"{home}/.local/state" if home else ""
    return Path(state) / "diffcli" / "history" if state else None
