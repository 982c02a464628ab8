"""An expression and its bindings, as typed, turned into a trace."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from diffcli.cli.command import looks_like_binding
from diffcli.errors import DiffcliError, Source, closest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from diffcli.api import Trace
    from diffcli.cli.environment import Environment
    from diffcli.formulas.symbols import Dims, Symbols


class Problem:
    """What EXPR, NAME=VALUE, --bindings, --dtype and --backend say."""

    __slots__ = (
        "_dtype",
        "_source",
        "backend",
        "bindings",
        "bindings_file",
        "env",
        "expr",
        "values",
    )

    def __init__(
        self,
        env: Environment,
        expr: str,
        bindings: tuple[str, ...],
        bindings_file: str | None,
        dtype: str | None,
        backend: str,
    ) -> None:
        self.env = env
        self.expr = expr
        self.bindings = bindings
        self.bindings_file = bindings_file
        self.backend = backend
        self._dtype = dtype
        self._source: Source | None = None
        self.values: dict[str, NDArray[Any]] = dict(env.bindings)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of numbers: --dtype, or float64."""
        import numpy as np

        return np.dtype(self._dtype or "float64")

    def trace(self) -> Trace:
        """Evaluate the bindings, then parse and lower the expression over them."""
        from diffcli import api

        if looks_like_binding(self.expr):
            raise _expression_first(self.expr, self.bindings)
        pairs = split_bindings(self.bindings)
        source = self.source()
        self.bind(pairs)
        return api.trace(source, self.values, self.dtype, self.backend)

    def symbols(self) -> Symbols:
        """The variables: those declared as NAME:SHAPE, those bound, and scalars for the rest."""
        from diffcli.formulas.symbols import Symbols, declaration

        declared: dict[str, Dims] = {}
        bound = []
        for text in self.bindings:
            found = declaration(text)
            if found is None:
                bound.append(text)
            elif found[0] in declared:
                message = f"the shape of '{found[0]}' is declared twice"
                raise DiffcliError("bad-binding", message)
            else:
                declared |= [found]
        source = self.source()
        for name in declared:
            self.values.pop(name, None)  # a shape written here counts for more than a session
        self.bind(split_bindings(bound))
        for name in declared:
            if name in self.values:
                message = f"'{name}' has a shape and a value; leave one out"
                raise DiffcliError("bad-binding", message)
        symbols = Symbols(source, declared, self.values)
        for name in declared:
            if name not in symbols.names:
                raise _unused(name, symbols.scalars)
        return symbols

    def bind(self, pairs: dict[str, str]) -> None:
        """Evaluate NAME=VALUE texts, after what the file of bindings holds."""
        if self.bindings_file is not None:
            self._read_bindings_file(self.bindings_file)
        for name, text in pairs.items():
            self.values[name] = self.value(name, text, f"the value of {name}")

    def value(self, name: str, text: str, where: str) -> NDArray[Any]:
        """The array that `text` stands for: an expression over earlier bindings, or `@FILE`."""
        if text.startswith("@"):
            import numpy as np

            from diffcli.io.arrays import read_array
            from diffcli.io.reference import parse_reference

            given = np.dtype(self._dtype) if self._dtype else None
            return read_array(parse_reference(text[1:]), given, self.env.read_stdin)
        from diffcli import api

        try:
            return api.bind(name, _checked(Source(text, where)), self.values, self.dtype)
        except DiffcliError as error:
            if text.lower().endswith((".npy", ".npz", ".json", ".csv", ".parquet")):
                error.hint = f"write {name}=@{text} to read a file"
            raise

    def direction(self, name: str, text: str, where: str) -> Source | NDArray[Any]:
        """A cotangent or tangent for the rows of tables: its text, or the array of `@FILE`."""
        if text.startswith("@"):
            return self.value(name, text, where)
        return _checked(Source(text, where))

    def variables(self, trace: Trace, wrt: tuple[str, ...]) -> list[str]:
        """The names after --wrt, or every variable that the expression can be differentiated by."""
        from diffcli import api

        if wrt:
            return self.chosen(wrt)
        names = api.default_wrt(trace)
        if not names:
            api.variables(trace, trace.used)
            hint = "bind a number to a name, as in x=3" if not self.values else None
            raise DiffcliError(
                "usage",
                "the expression has no variable to differentiate by",
                hint=hint or "only real and complex bindings that it uses count",
            )
        return list(names)

    def chosen(self, wrt: tuple[str, ...]) -> list[str]:
        """The names listed by --wrt, checked against the bindings."""
        names = [name.strip() for part in wrt for name in part.split(",")]
        for position, name in enumerate(names):
            self.check_bound(name, "--wrt")
            if name in names[:position]:
                raise DiffcliError("usage", f"--wrt names '{name}' twice")
        return names

    def check_bound(self, name: str, option: str) -> None:
        """Raise `unknown-name` unless `name` is bound."""
        if not name:
            raise DiffcliError("usage", f"{option} needs the name of a variable")
        if name not in self.values:
            near = closest(name, self.values)
            hint = f"did you mean '{near}'?" if near else _bound(self.values)
            message = f"{option} names '{name}', which is not bound"
            raise DiffcliError("unknown-name", message, hint=hint)

    def tangents(self, texts: tuple[str, ...]) -> dict[str, NDArray[Any]]:
        """The arrays that --tangent NAME=VALUE gives, by name."""
        pairs = split_bindings(texts)
        if not pairs:
            raise DiffcliError(
                "usage",
                "a direction is missing",
                hint=f"add --tangent {next(iter(self.values), 'x')}=1",
            )
        tangents: dict[str, NDArray[Any]] = {}
        for name, text in pairs.items():
            self.check_bound(name, "--tangent")
            tangents[name] = self.value(name, text, f"the tangent of {name}")
        return tangents

    def cotangent(self, trace: Trace, text: str | None) -> NDArray[Any]:
        """The array after --v; 1 for a result with one element."""
        if text is not None:
            return self.value("v", text, "the cotangent")
        import numpy as np

        if np.prod(trace.shape) != 1:
            shape = trace.shape if len(trace.shape) > 1 else trace.shape[0]
            raise DiffcliError(
                "usage",
                f"a cotangent of the result's shape {trace.shape} is missing",
                hint=f"add --v 'ones({shape})'",
            )
        return np.ones(trace.shape, self.dtype)

    def source(self) -> Source:
        """The text of the expression: as typed, from `@FILE`, or `-` for standard input."""
        if self._source is None:
            self._source = self._read()
        return self._source

    def _read(self) -> Source:
        if self.expr == "-":
            source = Source(self.env.read_stdin().rstrip(), "standard input")
        elif self.expr.startswith("@"):
            from diffcli.io.files import read_text

            source = Source(read_text(self.expr[1:]).rstrip(), self.expr[1:])
        else:
            source = Source(self.expr)
        if not source.text.strip():
            raise DiffcliError("usage", "the expression is empty")
        return _checked(source)

    def _read_bindings_file(self, path: str) -> None:
        import numpy as np

        from diffcli.io.arrays import read_bindings

        given = np.dtype(self._dtype) if self._dtype else None
        for name, value in read_bindings(path, given, self.env.read_stdin).items():
            _check_name(name)
            self.values[name] = value


def _checked(source: Source) -> Source:
    """`source`, unless its text came from bytes that are no UTF-8."""
    try:
        source.text.encode()
    except UnicodeEncodeError:
        name = source.name.removeprefix("the ")
        raise DiffcliError("usage", f"the {name} is not UTF-8 text") from None
    return source


def split_bindings(texts: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE texts as a dict in their order; raises `bad-binding`."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or value.startswith("="):
            raise _not_a_binding(text)
        _check_name(name)
        if not value:
            raise DiffcliError(
                "bad-binding", f"the value of '{name}' is missing", hint=f"write {name}=3"
            )
        if name in pairs:
            raise DiffcliError("bad-binding", f"'{name}' is bound twice")
        pairs[name] = value
    return pairs


def _check_name(name: str) -> None:
    if not name:
        raise DiffcliError("bad-binding", "a name is missing before '='", hint="write NAME=VALUE")
    if iskeyword(name):
        raise DiffcliError("bad-binding", f"'{name}' is a word of the language, not a name")
    if not name.isidentifier():
        raise DiffcliError(
            "bad-binding",
            f"'{_short(name)}' is not a name",
            hint="names are letters, digits and '_', and begin with a letter",
        )


def _not_a_binding(text: str) -> DiffcliError:
    hint = "write NAME=VALUE"
    if text.isidentifier():
        hint = f"write {text}=VALUE"
    elif text[:1].isdigit() or text[-1:] in ",]":
        hint = "put values with spaces in quotes: x='[1, 2, 3]'"
    elif any(sign in text for sign in "+-*/()"):
        hint = "put the whole expression in quotes: diffcli grad 'w*x + b' w=3 x=2 b=4"
    return DiffcliError("bad-binding", f"'{_short(text)}' is not a binding", hint=hint)


def _unused(name: str, scalars: Iterable[str]) -> DiffcliError:
    """A shape that nothing has, of which a name without a shape was probably meant to be."""
    otherwise = next((x for x in scalars if x.lower() == name.lower()), None)
    near = otherwise or closest(name, scalars)
    return DiffcliError(
        "unknown-name",
        f"'{name}' has a shape, and the expression does not use it",
        hint=f"did you mean '{near}'?" if near else "leave it out",
    )


def _expression_first(binding: str, others: tuple[str, ...]) -> DiffcliError:
    expr = next((text for text in others if not looks_like_binding(text)), "EXPR")
    bindings = " ".join([binding, *(text for text in others if text != expr)])
    return DiffcliError(
        "usage",
        f"'{_short(binding)}' is a binding, and the expression comes first",
        hint=f"write '{_short(expr)}' {_short(bindings)}",
    )


def _bound(values: dict[str, Any]) -> str:
    return f"bound are {', '.join(values)}" if values else "nothing is bound; add it as in x=3"


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[:most] + "…"
