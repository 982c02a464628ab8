"""What shells make of completions: where they break words, and what they put behind them.

bash breaks words at `=`, `@`, `:` and brackets, the others replace a whole word. Nothing is put
behind what is the beginning of more: a folder, `NAME=`, a part of a library.
"""

from __future__ import annotations

import os

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

_BASH = """\
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

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a reply described whole begun
    local value about
    reply=("${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
           %(complete_var)s=zsh_complete %(prog_name)s)}")
    for _ value about in $reply; do
        if [[ $about != _ ]]; then
            described+=("$value:$about")
        elif [[ $value == *[/=.] ]]; then
            begun+=("$value")
        else
            whole+=("$value")
        fi
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#begun )) && compadd -U -V unsorted -S '' -a begun
    (( $#whole )) && compadd -U -V unsorted -a whole
}

compdef %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Click's protocol with the line as it was typed, and words from where bash breaks them."""

    source_template = _BASH

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


class _WholeWords(ShellComplete):
    """The value of an option is completed with the option in front of it, as in --mode=forward."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What the word may become."""
        items = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("--"):
            for item in items:
                item.value = f"{option}={item.value}"
        return items


class Zsh(_WholeWords, ZshComplete):
    """Click's protocol, with a script that knows what is only begun."""

    source_template = _ZSH


class Fish(_WholeWords, FishComplete):
    """Click's protocol."""


def _open_quote(line: str) -> bool:
    """Whether the line ends inside quotes."""
    quote = ""
    for character in line:
        if character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
    return bool(quote)


for shell in (Bash, Zsh, Fish):
    add_completion_class(shell)
