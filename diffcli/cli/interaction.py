"""What is typed into `diffcli repl`: statements for the session, and commands behind a colon."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import click

from diffcli.cli.command import ExpressionCommand, looks_like_binding, looks_like_shape
from diffcli.errors import DiffcliError
from diffcli.program.results import arrays
from diffcli.program.session import is_complete

if TYPE_CHECKING:
    from diffcli.cli.environment import Environment
    from diffcli.program.session import Session

QUIT = (":quit", ":q", ":exit", "quit", "exit", "quit()", "exit()")

HELP = ("help", "help()", "?")

_PATH = re.compile(r"[^\W\d]\w*(?:\.\w*)*$")


_OPTION = re.compile(r"(-[\w-]+)(=\S*)?(?!\S)\s*")
_WORD = re.compile(r"""('[^']*'|"[^"]*"|\S)+\s*""")


class Reader(Protocol):
    """Where statements come from."""

    def read(self) -> str | None:
        """The next text that is complete; None at the end. Raises KeyboardInterrupt."""


class Interaction:
    """A session with one who types: nothing but `:quit` and the end of the input ends it."""

    def __init__(self, env: Environment, session: Session) -> None:
        self.env = env
        self.session = session
        self.typed = env.stdin.isatty() and env.stdout.isatty()

    def run(self) -> None:
        """Respond to all that is typed. Raises SystemExit where a program leaves."""
        reader = self._reader()
        while True:
            try:
                text = reader.read()
            except KeyboardInterrupt:  # what has been typed is forgotten
                if not self.typed:
                    raise
                self.env.out("\n")
                continue
            if text is None or text.strip() in QUIT:
                return
            self.respond(text)
            self.env.stdout.flush()

    def respond(self, text: str) -> None:
        """Run one text, and report what goes wrong."""
        line = text.strip()
        if line in HELP and "help" not in self.session.names:
            line = ":help"
        try:
            if line.startswith(":"):
                self._command(line[1:].lstrip())
            elif line:
                self.session.execute(text)
        except DiffcliError as error:
            self._report(error)
        except KeyboardInterrupt:
            self._report(DiffcliError("interrupted", "stopped by the user"))

    def _report(self, error: DiffcliError) -> None:
        self.env.stdout.flush()
        self.env.report(error)

    def completions(self, text: str) -> tuple[str, list[str]]:
        """The last word of a text, and what it may become."""
        if text.startswith(":") and " " not in text:
            from diffcli.cli.main import COMMANDS

            commands = [f":{name}" for name in [*COMMANDS, "quit"]]
            return text, [name for name in commands if name.startswith(text)]
        found = _PATH.search(text)
        if found is None:
            return "", []
        path = found.group()
        last = path.rpartition(".")[2]
        if not text.startswith(":"):
            return last, self.session.completions(path)
        from diffcli.cli.completion import last_names

        return last, last_names(path, list(arrays(self.session.names)))

    def _command(self, line: str) -> None:
        """Run `diffcli NAME ARGUMENTS` with the names of the session."""
        from diffcli.cli.main import group, perform

        name, _, rest = line.partition(" ")
        if not name:
            hint = "write :grad w*x + b, or :help"
            raise DiffcliError("usage", "the command behind the colon is missing", hint=hint)
        if name == "repl":
            raise DiffcliError("usage", "this is a session already")
        if name == "help" and not rest.strip():
            rest = "repl"
        main = group()
        context = click.Context(main)
        command = main.get_command(context, name)
        self.env.bindings = arrays(self.session.names)
        if isinstance(command, ExpressionCommand):
            words = split_expression(rest, command.takes_value(context))
        else:
            words = split(rest)
        perform([name, *words], self.env)

    def _reader(self) -> Reader:
        if self.typed:
            from diffcli import __version__
            from diffcli.cli.prompt import prompt

            self.env.out(f"diffcli {__version__}; :help explains, :quit ends\n")
            found = prompt(self)
            if found is not None:
                return found
            hint = "pip install 'diffcli[repl]'"
            words = "lines cannot be edited and are not remembered without prompt_toolkit"
            self.env.report(DiffcliError("missing-extra", words, hint=hint))
        return Lines(self.env, self.typed)


class Lines:
    """Statements from lines of standard input."""

    def __init__(self, env: Environment, typed: bool) -> None:
        self.env = env
        self.prompts = (">>> ", "... ") if typed else ("", "")

    def read(self) -> str | None:
        """The next lines that can be run together."""
        text = ""
        for line in self._lines():
            text += line
            if (not text.strip() or text.startswith(":")) or is_complete(text.removesuffix("\n")):
                return text
        return text or None

    def _lines(self) -> Iterator[str]:
        first, other = self.prompts
        prompt = first
        while True:
            self.env.out(prompt)
            self.env.stdout.flush()
            line = self.env.stdin.readline()
            if not line:
                return
            yield line
            prompt = other


def split(text: str) -> list[str]:
    """Words as a shell splits them; raises `usage`."""
    try:
        return shlex.split(text)
    except ValueError:
        raise DiffcliError("usage", "a quote is never closed", hint="add it") from None


def split_expression(text: str, takes_value: Mapping[str, bool]) -> list[str]:
    """An expression, which needs no quotes here, and the words around it.

    Options may stand in front, of which `takes_value` says whether a value follows. The expression
    goes on to the first option, NAME=VALUE or NAME:SHAPE that stands outside of brackets.
    """
    text = text.strip()
    option = _OPTION.match(text)
    if option is not None and option[1] in takes_value:
        following = takes_value[option[1]] and option[2] is None
        value = _WORD.match(text, option.end()) if following else None
        end = option.end() if value is None else value.end()
        return [*split(text[:end]), *split_expression(text[end:], takes_value)]
    if text[:1] in ("'", '"', ""):
        return split(text)
    depth = 0
    for found in re.finditer(r"\S+", text):
        word = found.group()
        if found.start() and depth <= 0 and _ends_expression(word):
            return [text[: found.start()].strip(), *split(text[found.start() :])]
        depth += sum(map(word.count, "([{")) - sum(map(word.count, ")]}"))
    return [text]


def _ends_expression(word: str) -> bool:
    option = re.match(r"--[a-z]|-o$|-h$", word) is not None
    return option or looks_like_binding(word) or looks_like_shape(word)
