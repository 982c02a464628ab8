"""Our answers beside a library's, check by check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import diffcli
from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.ops.table import Row
from tests.peers.differences import DIFFERENCES, DIGITS, HVP, JVP, VALUE, VJP, Difference
from tests.peers.library import Array, Library, weights
from tests.samples import cases


class Case(NamedTuple):
    """An expression, the row that it is an example of, and the variables that it uses."""

    row: Row
    text: str
    values: dict[str, Array]
    complex: bool = False

    @property
    def wrt(self) -> dict[str, Array]:
        return {n: x for n, x in self.values.items() if x.dtype.kind in "fc"}


def used(row: Row, text: str, values: Mapping[str, Array]) -> Case:
    trace = api.trace(Source(text), dict(values))
    return Case(row, text, {n: values[n] for n in trace.used})


def real_cases(library: Library) -> list[Case]:
    """The examples of the walk over the operator table for which a library has every name."""
    found = [used(*case) for case in cases()]
    return [case for case in found if library.has(case.text, case.values)]


def complex_cases(library: Library) -> list[Case]:
    """The same with complex variables, where we take them; densities are real functions."""
    return [
        case
        for row, text, values, _ in real_cases(library)
        if row.category != "probability"
        and any(x.dtype.kind == "f" for x in values.values())
        and (case := Case(row, text, complex_values(values), True))
        and ours(lambda case=case: diffcli.evaluate(case.text)(**case.values)) is not None
    ]


def complex_values(values: Mapping[str, Array]) -> dict[str, Array]:
    """The values with imaginary parts, which differ from variable to variable."""
    return {
        n: x + 0.3j * np.cos(3.1 * np.arange(x.size) + 0.2 * k).reshape(x.shape)
        if x.dtype.kind == "f"
        else x
        for k, (n, x) in enumerate(values.items())
    }


def ours(answer: Callable[[], Any]) -> Any:
    """Our answer, None where complex numbers are refused."""
    try:
        return answer()
    except DiffcliError as error:
        if error.code == "dtype":
            return None
        raise


def checks(library: Library, case: Case) -> Iterator[tuple[str, Any, Callable[[], Any]]]:
    """Each check's name, our answer and the library's."""
    _, text, values, _ = case
    f = library.function(text, values)
    y = diffcli.evaluate(text)(**values)
    yield VALUE, y, lambda: library.value(f, values)
    if y.dtype.kind not in "fc" or not case.wrt:
        return
    v = weights(y)
    tangents = {n: weights(x, 0.7) for n, x in case.wrt.items()}
    loss = f"sum(real(W * ({text})))"
    yield VJP, ours(lambda: diffcli.vjp(text)(v, **values)), lambda: library.vjp(f, values, v)
    yield (
        JVP,
        ours(lambda: diffcli.jvp(text)(tangents, **values)),
        lambda: library.jvp(f, values, tangents),
    )
    yield (
        HVP,
        ours(lambda: diffcli.hvp(loss, list(tangents))(tangents, W=v, **values)),
        lambda: library.hvp(f, values, v, tangents),
    )


def difference(library: str, case: Case, check: str) -> Difference | None:
    """What is said about a check of a case, if anything."""
    for d in DIFFERENCES:
        about = case.text in d.about or case.row.name in d.about
        if about and (d.library, d.complex) == (library, case.complex) and check in d.checks:
            return d
    return None


def digits(library: str, case: Case) -> float:
    return 1e-8 if case.row.name in DIGITS.get(library, ()) else 1e-10


def assert_same(found: Any, expected: Any, tolerance: float, what: str) -> None:
    """Equal relative to the largest element; a missing derivative is a zero one."""
    if isinstance(expected, dict):
        for name, x in expected.items():
            mine = np.zeros_like(x) if found[name] is None else found[name]
            assert_same(mine, x, tolerance, f"{what} by {name}")
        return
    expected = np.asarray(expected)
    assert np.shape(found) == expected.shape, what
    if expected.dtype == bool or found.dtype == bool:
        np.testing.assert_array_equal(found, expected, what)
        return
    scale = max(1.0, float(np.max(np.abs(np.nan_to_num(expected)), initial=0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale, err_msg=what)
