"""Plans on a device: on CuPy where there is a GPU, and on an array namespace as strict as CuPy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import is_inexact
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.backend import backend
from diffcli.runtime.cupy_backend import namespace
from diffcli.runtime.device import Device
from diffcli.runtime.plan import Plan
from diffcli.trace import trace
from diffcli.transforms.reverse import pull
from tests import transcript
from tests.samples import cases
from tests.strict import MOVED, STRICT, devices

ON_HOST = {
    # of SciPy, not of CuPy
    *("airy_ai", "airy_aip", "airy_bi", "airy_bip", "bessel_i", "bessel_ie", "bessel_j", "dawsn"),
    *("dawsn_derivative", "ellipe", "elliptic_derivative", "erfi", "fresnel_c", "fresnel_s"),
    *("hyp0f1", "hyp1f1", "hyp2f1", "hyperu", "iv", "ive", "jv", "kv", "kve", "modstruve"),
    *("orthogonal", "owens_t", "riemann_zeta", "spence", "spherical_bessel", "stdtr", "stdtrit"),
    *("struve", "wofz", "yv"),
    # rules that call LAPACK themselves, or go step by step
    *("linear_recurrence", "eig", "logm", "lu", "matrix_derivative", "solve_sylvester", "sqrtm"),
}
"""Operators that CuPy 14.2 cannot compute; every other one stays on the device."""


on_devices = pytest.mark.parametrize("xp", devices(), ids=["strict", "cupy"][: len(devices())])
CATEGORIES = sorted({row.category for row, _, _ in cases()})


@on_devices
@pytest.mark.parametrize("category", CATEGORIES)
def test_values_and_gradients_are_those_of_numpy(xp: Device, category: str) -> None:
    """The walk over the operator table in single precision, where a wrong type shows."""
    STRICT.on_host.clear()
    for row, text, values in cases():
        if row.category == category:
            check_case(xp, text, values)
    if xp is STRICT:
        assert set(STRICT.on_host) <= ON_HOST


def check_case(xp: Device, text: str, values: dict[str, np.ndarray]) -> None:
    narrow = {n: v.astype(np.float32) if v.dtype.kind == "f" else v for n, v in values.items()}
    t = trace(Source(text), narrow, "float32")
    results = [t.output]
    if is_inexact(t.dtype):
        wrt = [t.inputs[n] for n in t.used if is_inexact(t.inputs[n].dtype)]
        results += [g for g in pull([(t.output, F.ones_like(t.output))], wrt) if g is not None]
    plan = Plan(results, list(t.inputs.values()))
    wanted = plan.run(NUMPY, list(narrow.values()))
    found = [xp.to_host(v) for v in plan.run(xp, list(narrow.values()))]
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape, text
        scale = max(1.0, float(np.max(np.abs(b), initial=0)))
        tolerance = 1e-6 if xp is STRICT else 1e-3
        np.testing.assert_allclose(
            a, b, rtol=tolerance, atol=tolerance * scale, err_msg=text, equal_nan=True
        )


@on_devices
def test_arrays_move_once_in_and_once_out(xp: Device) -> None:
    t = api.trace(Source("sum(tanh(W @ x + b)**2)"), {n: np.ones((3, 3)) for n in "Wxb"})
    t.backend = "cupy"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("diffcli.trace.find_backend", lambda name: xp)
        MOVED.clear()
        api.grad(t, list("Wxb"))
    if xp is STRICT:
        assert MOVED == {"in": 3, "out": 4}


TRANSCRIPTS = [
    case
    for name in ("grad", "jacobian", "hessian", "batch")
    for case in transcript.parse(transcript.GOLDEN / "commands" / f"{name}.txt")
]


@pytest.mark.parametrize("case", TRANSCRIPTS, ids=lambda case: case.id)
def test_commands_print_what_they_print_elsewhere(case, tmp_path, monkeypatch, capfd, recorder):
    if recorder is not None:
        pytest.skip("transcripts are being recorded")
    monkeypatch.setenv("DIFFCLI_BACKEND", "cupy")
    monkeypatch.setattr("diffcli.runtime.cupy_backend.namespace", lambda: STRICT)
    transcript.check(case, tmp_path, monkeypatch, capfd, None)


# ----- sums at repeated places --------------------------------------------------------------------


@on_devices
@pytest.mark.parametrize(
    ("shape", "places", "rest"),
    [((5,), 1, ()), ((5,), 40, ()), ((3, 4), 200, ()), ((7,), 300, (2, 3)), ((4,), 0, (2,))],
)
def test_sums_at_repeated_places(
    xp: Device, shape: tuple[int, ...], places: int, rest: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(2)
    values = rng.standard_normal((places, *rest))
    indices = [rng.integers(-n, n, places) for n in shape]
    wanted = NUMPY.added_at(values, indices, (*shape, *rest))
    found = xp.added_at(xp.asarray(values), [xp.asarray(i) for i in indices], (*shape, *rest))
    np.testing.assert_allclose(xp.to_host(found), wanted, rtol=1e-12, atol=1e-12)


@on_devices
def test_sums_at_repeated_places_are_the_same_in_every_run(xp: Device) -> None:
    rng = np.random.default_rng(2)
    values = xp.asarray(rng.standard_normal(50_000).astype(np.float32))
    index = xp.asarray(rng.integers(0, 7, 50_000))
    runs = {xp.to_host(xp.added_at(values, [index], (7,))).tobytes() for _ in range(5)}
    assert len(runs) == 1


def test_a_place_that_is_not_a_number_spoils_no_other() -> None:
    values = STRICT.asarray(np.array([np.nan, 1.0, 2.0, np.inf]))
    found = STRICT.added_at(values, [STRICT.asarray(np.array([2, 0, 0, 1]))], (3,))
    np.testing.assert_array_equal(STRICT.to_host(found), [3.0, np.inf, np.nan])


# ----- errors -------------------------------------------------------------------------------------


@on_devices
@pytest.mark.parametrize(
    ("text", "code"),
    [("inv(A)", "domain"), ("solve(A, A)", "domain"), ("cholesky(-A)", "domain")],
)
def test_what_the_device_refuses_is_said_as_on_the_host(xp: Device, text: str, code: str) -> None:
    t = trace(Source(text), {"A": np.ones((2, 2))})
    plan, messages = Plan([t.output], list(t.inputs.values())), set()
    for where in (NUMPY, xp):
        with pytest.raises(DiffcliError) as caught:
            plan.run(where, list(t.values.values()))
        assert caught.value.code == code
        messages.add((caught.value.message, caught.value.span))
    assert len(messages) == 1


class Full(SimpleNamespace):
    """A library whose device has no memory left."""

    def __getattr__(self, name: str) -> Any:
        if name == "asarray":
            return getattr(STRICT, name)
        raise MemoryError


def test_memory_of_the_device_is_used_up() -> None:
    t = trace(Source("exp(x)"), {"x": np.ones(3)})
    with pytest.raises(DiffcliError) as caught:
        Plan([t.output], list(t.inputs.values())).run(Device("cupy", Full(), ""), [np.ones(3)])
    assert (caught.value.code, caught.value.span) == ("too-large", (0, 6))


@pytest.mark.parametrize(
    ("error", "code"), [(MemoryError(), "too-large"), (RuntimeError("no driver"), "missing-extra")]
)
def test_what_goes_wrong_with_the_device_is_explained(error: Exception, code: str) -> None:
    with pytest.raises(DiffcliError) as caught, Device("cupy", None, "").computing():
        raise error
    assert caught.value.code == code and caught.value.hint == "write --backend numpy"


def fake(error: Exception | int) -> ModuleType:
    """A package `cupy` on a machine with so many GPUs, or where asking for them fails."""

    def count() -> int:
        if isinstance(error, int):
            return error
        raise error

    module = ModuleType("cupy")
    runtime = SimpleNamespace(getDeviceCount=count, CUDARuntimeError=RuntimeError)
    module.cuda = SimpleNamespace(runtime=runtime)  # type: ignore[attr-defined]
    return module


@pytest.fixture
def afresh() -> Iterator[None]:
    """CuPy is looked for again."""
    namespace.cache_clear()
    yield
    namespace.cache_clear()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (None, "the CuPy backend is not installed"),
        (fake(0), "CuPy finds no GPU on this machine"),
        (fake(RuntimeError("cudaErrorNoDevice: none")), "CuPy finds no GPU on this machine"),
    ],
)
def test_without_cupy_or_a_gpu(
    module: ModuleType | None, message: str, monkeypatch: pytest.MonkeyPatch, afresh: None
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", module)
    assert backend("auto") is NUMPY
    with pytest.raises(DiffcliError) as caught:
        backend("cupy")
    assert (caught.value.code, caught.value.message) == ("missing-extra", message)


def test_cupy_that_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, afresh: None
) -> None:
    words = "====\nCuPy is not correctly installed.\n\nmore"
    (tmp_path / "cupy.py").write_text(f"raise ImportError({words!r})")
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DiffcliError) as caught:
        backend("cupy")
    assert caught.value.message == "CuPy cannot be loaded: CuPy is not correctly installed"


def test_the_gpu_in_words(monkeypatch: pytest.MonkeyPatch, afresh: None) -> None:
    module = fake(1)
    module.cuda.runtime.getDevice = lambda: 0
    module.cuda.runtime.runtimeGetVersion = lambda: 12040
    found = {"name": b"NVIDIA H200", "totalGlobalMem": 140 * 2**30}
    module.cuda.runtime.getDeviceProperties = lambda device: found
    monkeypatch.setitem(sys.modules, "cupy", module)
    assert namespace().description() == "NVIDIA H200, 140 GiB, CUDA 12.4"


@on_devices
def test_negative_powers_of_integers_are_refused_as_numpy_does(xp: Device) -> None:
    n = INPUT.make("n", (2,), np.dtype(np.int64))
    plan = Plan([F.power(n, n)], [n])
    for where in (NUMPY, xp):
        with pytest.raises(DiffcliError, match="negative integer powers") as caught:
            plan.run(where, [np.array([2, -1])])
        assert caught.value.code == "domain"
