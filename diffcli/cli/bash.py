"""Completion in bash, which breaks words at `=`, `@`, `:` and brackets, as no other shell does."""

from __future__ import annotations

import os

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    split_arg_string,
)

_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' reply
    COMPREPLY=()
    for reply in $(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="$2" \\
                   %(complete_var)s=bash_complete "$1"); do
        COMPREPLY+=("${reply#*,}")
    done
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=.] ]]; then
        compopt -o nospace
    fi
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Click's protocol with the line as it was typed, and words from where bash breaks them."""

    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one that is being typed."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        if not words or (line.endswith(" ") and not _open_quote(line)):
            return words, ""
        return words[:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What may follow, without the part of the word that bash has set aside."""
        typed = os.environ.get("COMP_WORD", incomplete).lstrip("\"'")
        aside = incomplete.removesuffix(typed)
        items = super().get_completions(args, incomplete)
        for item in items:
            item.value = item.value.removeprefix(aside)
        return items


def _open_quote(line: str) -> bool:
    """Whether the line ends inside quotes."""
    quote = ""
    for character in line:
        if character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
    return bool(quote)


add_completion_class(Bash)
