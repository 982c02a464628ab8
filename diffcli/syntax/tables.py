"""The parse tables: compiled from the grammar by Lark once, then read from a cache folder.

Importing Lark and building the tables takes longer than a whole `diffcli grad`, so the result is
kept as a text file in a folder of the user's: states, rules and terminals, data and nothing else.
The file's name carries a digest of the grammar, and its first line one of its own content, so a
stale or damaged file is never used. Without a usable folder the tables are built in memory.
"""

# pathlib would cost a quarter of the start-up time allowed: paths are strings in this module.
# ruff: noqa: PTH100, PTH103, PTH105, PTH108, PTH110, PTH111, PTH112, PTH117, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import sys
from importlib.util import source_hash
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule

END = "$END"
"""The token kind that stands for the end of the text."""

_FORMAT = "diffcli-table-1"
_FILES = ("terminals.lark", "expression.lark", "program.lark")


class Table:
    """LALR(1) tables of one start symbol. State 0 is the start, the last state accepts.

    * `rows[state][symbol]`: a positive state to go to, or the negative number of a rule to reduce.
    * `rules[-number]`: length, the nonterminal that results, and the name of its builder ("" where
      the one symbol is handed on).
    * `terminals`: (token kind, regular expression) in matching order, without the literal ones.
    * `ignored`: the kinds that separate tokens and mean nothing.
    * `literals`: operators and keywords; each is its own token kind.
    """

    __slots__ = ("ignored", "literals", "rows", "rules", "terminals")

    def __init__(
        self,
        rows: list[dict[str, int]],
        rules: list[tuple[int, str, str]],
        terminals: list[tuple[str, str]],
        ignored: list[str],
        literals: list[str],
    ) -> None:
        self.rows = rows
        self.rules = rules
        self.terminals = terminals
        self.ignored = ignored
        self.literals = literals


def load_table(start: str) -> Table:
    """The tables for the start symbol `start`, which is also the name of its grammar file."""
    grammar = _grammar_bytes()
    folder = cache_dir()
    path = os.path.join(folder, f"{start}-{_digest(grammar)}.table") if folder else None
    if path:
        text = _read(path)
        if text is not None:
            return decode(text)
    table = compile_table(start)
    if path:
        _write(path, encode(table))
    return table


def grammar_dir() -> str:
    """The folder of the `.lark` files: inside the package, or beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packaged = os.path.join(package, "grammar")
    if os.path.isdir(packaged):
        return packaged
    return os.path.join(os.path.dirname(package), "grammar")


def cache_dir() -> str | None:
    """The folder of the cached tables, or None where caching is off.

    `DIFFCLI_CACHE` names it, and `0` turns caching off; otherwise it is the platform's usual place.
    """
    chosen = os.environ.get("DIFFCLI_CACHE", "")
    if chosen:
        return None if chosen == "0" else chosen
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):
            base = os.path.join(home, ".cache")
    return os.path.join(base, "diffcli") if os.path.isabs(base) else None


def _grammar_bytes() -> bytes:
    folder = grammar_dir()
    parts = []
    for name in _FILES:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, "rb") as file:
                parts.append(file.read())
    return b"\0".join(parts)


def _digest(data: bytes) -> str:
    # Not cryptographic, and need not be: it tells versions apart and finds damage. hashlib would
    # cost 7 ms.
    return source_hash(data).hex()


# The file


def encode(table: Table) -> str:
    """The table as text: blocks of lines, blocks separated by an empty line."""
    blocks = [
        [f"{length} {origin} {builder}".rstrip() for length, origin, builder in table.rules[1:]],
        [f"{kind} {regex}" for kind, regex in table.terminals],
        [" ".join(table.ignored)],
        [" ".join(table.literals)],
        [" ".join(f"{symbol} {action}" for symbol, action in row.items()) for row in table.rows],
    ]
    body = "\n\n".join("\n".join(lines) for lines in blocks)
    return f"{_FORMAT} {_digest(body.encode())}\n\n{body}"


def decode(text: str) -> Table:
    """Inverse of `encode`."""
    _, *blocks = text.split("\n\n")
    rules, terminals, ignored, literals, rows = (block.split("\n") for block in blocks)
    # One object for each symbol: the parser's look-ups then compare by identity.
    intern = sys.intern
    decoded = []
    for row in rows:
        items = row.split()
        decoded.append(dict(zip(map(intern, items[::2]), map(int, items[1::2]), strict=True)))
    return Table(
        decoded,
        [(0, "", ""), *map(_decode_rule, rules)],
        [(intern(kind), regex) for kind, _, regex in (line.partition(" ") for line in terminals)],
        ignored[0].split(),
        [intern(literal) for literal in literals[0].split()],
    )


def _decode_rule(line: str) -> tuple[int, str, str]:
    length, origin, *builder = line.split(" ")
    return int(length), sys.intern(origin), builder[0] if builder else ""


def _read(path: str) -> str | None:
    """The text of a cache file that is whole and was written by this user, else None."""
    try:
        with open(path, "rb") as file:
            if hasattr(os, "geteuid") and os.fstat(file.fileno()).st_uid not in (0, os.geteuid()):
                return None
            data = file.read()
    except OSError:
        return None
    head, _, body = data.partition(b"\n\n")
    if head != f"{_FORMAT} {_digest(body)}".encode():
        return None
    return data.decode()


def _write(path: str, text: str) -> None:
    """Put the file in place in one step; a folder that cannot be written to is left alone."""
    import tempfile

    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".table-")
    except OSError:
        return
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)


# The compiler


def compile_table(start: str) -> Table:
    """Let Lark compile `START.lark`; the same grammar gives the same table in every process."""
    from lark import Lark

    path = os.path.join(grammar_dir(), f"{start}.lark")
    lark = Lark.open(path, parser="lalr", lexer="basic", start=[start])
    kinds = _token_kinds(lark)
    rules = [rule for rule in lark.rules if not rule.origin.name.startswith("$")]
    if not {rule.origin.name for rule in rules}.isdisjoint(kinds.values()):
        raise ValueError("a rule has the name of a token")
    numbers = {rule: number for number, rule in enumerate(rules, 1)}
    # Lark turns the escape \n into the character, which would break the file's lines.
    terminals = [
        (terminal.name, terminal.pattern.to_regexp().replace("\n", "\\n"))
        for terminal in sorted(lark.terminals, key=lambda terminal: -terminal.priority)
        if terminal.pattern.type == "re"
    ]
    literals = [kinds[t.name] for t in lark.terminals if t.pattern.type == "str"]
    return Table(
        _compile_rows(lark, start, kinds, numbers),
        [(0, "", ""), *map(_compile_rule, rules)],
        terminals,
        list(lark.ignore_tokens),
        # Longest first, as a regular expression takes the first alternative that matches.
        sorted(literals, key=lambda literal: (-len(literal), literal)),
    )


def _token_kinds(lark: Lark) -> dict[str, str]:
    """Lark's symbol names -> ours: a literal terminal is called what it reads."""
    kinds = {END: END}
    for terminal in lark.terminals:
        literal = terminal.pattern.type == "str"
        kinds[terminal.name] = terminal.pattern.value if literal else terminal.name
    return kinds


def _compile_rule(rule: Rule) -> tuple[int, str, str]:
    builder = rule.alias or ""
    if not builder and len(rule.expansion) != 1:
        raise ValueError(f"the rule {rule} needs a builder")
    # Lark puts the name of the file before the names in rules that are imported.
    return len(rule.expansion), str(rule.origin.name), str(builder).rpartition("__")[2]


def _compile_rows(
    lark: Lark, start: str, kinds: dict[str, str], numbers: dict[Rule, int]
) -> list[dict[str, int]]:
    parse_table = lark.parser.parser._parse_table
    states = parse_table.states
    # Lark numbers states in set order, which differs between processes: number them as met.
    found = {parse_table.start_states[start]: 0}
    queue = list(found)
    rows: list[dict[str, int]] = []
    for state in queue:
        row = {}
        for symbol in sorted(states[state]):
            action, argument = states[state][symbol]
            if action.name == "Reduce":
                row[kinds.get(symbol, str(symbol))] = -numbers[argument]
                continue
            if argument not in found:
                found[argument] = len(queue)
                queue.append(argument)
            row[kinds.get(symbol, str(symbol))] = found[argument]
        rows.append(row)
    # Lark accepts by recognising its final state; here the end of the text is shifted like a token.
    rows[found[parse_table.end_states[start]]][END] = len(rows)
    rows.append({})
    return rows
