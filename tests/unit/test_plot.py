"""Plots: values on grids, where curves break, scales, ranges, and pictures in both forms."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from diffcli.batch.grid import Axis, joined, sample
from diffcli.cli.main import run as run_line
from diffcli.cli.plots import split_range
from diffcli.errors import DiffcliError, Source
from diffcli.render.plot_image import image
from diffcli.render.plot_text import ARROWS, lines
from diffcli.render.report import Contours, Curve, Pattern, Sparse
from diffcli.render.scale import labels, limits, ticks

FLOAT = np.dtype(float)


def over(text, low=-3.0, high=3.0, count=401, **constants):
    held = {name: np.asarray(value, float) for name, value in constants.items()}
    return sample(Source(text), [Axis("x", low, high, count)], held, FLOAT)


def curve(text, low=-3.0, high=3.0, count=401):
    found = over(text, low, high, count)
    x = found.axes[0].points
    return Curve(text, "x", x, found.value, joined(x, found.value, found.slopes.get("x")))


def saddle(count=21):
    x = np.linspace(-1, 1, count)
    z = x**2 - x[:, None] ** 2
    slopes = [np.broadcast_to(2 * x, z.shape), np.broadcast_to(-2 * x[:, None], z.shape)]
    return Contours("saddle", ["x", "y"], x, x, z, slopes)


def test_values_and_slopes_of_a_curve():
    found = over("exp(a*x)*sin(x)", a=0.5)
    x = np.linspace(-3, 3, 401)
    s, c, e = np.sin(x), np.cos(x), np.exp(x / 2)
    np.testing.assert_allclose(found.value, e * s, rtol=1e-13)
    np.testing.assert_allclose(found.slopes["x"], e * (s / 2 + c), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.bend, e * (c - 0.75 * s), rtol=1e-12, atol=1e-14)


def test_rows_of_a_grid_are_the_second_name():
    found = sample(Source("x**2*y"), [Axis("x", 0, 1, 3), Axis("y", 0, 2, 5)], {}, FLOAT)
    x, y = np.linspace(0, 1, 3), np.linspace(0, 2, 5)[:, None]
    np.testing.assert_allclose(found.value, x**2 * y)
    np.testing.assert_allclose(found.slopes["x"], 2 * x * y)
    np.testing.assert_allclose(found.slopes["y"], np.broadcast_to(x**2, (5, 3)))


def test_what_does_not_depend_on_a_name_has_the_slope_0():
    assert not over("a", a=2).slopes["x"].any()


def test_points_without_a_value_are_gaps():
    found = over("inv(array([[x, 1], [1, x]]))[0, 0]", -2, 2, 5)
    np.testing.assert_array_equal(np.isnan(found.value), [False, True, False, True, False])
    np.testing.assert_allclose(found.value[::2], [-2 / 3, 0, 2 / 3])
    with pytest.raises(DiffcliError, match="singular"):
        over("inv(array([[x, 1], [1, x]]) * 0)[0, 0]", count=2)


def test_an_error_of_all_points_is_told():
    for text, code in [
        ("x + [1, 2]", "not-scalar"),
        ("x*w", "unknown-name"),
        ("1j*x", "not-scalar"),
    ]:
        with pytest.raises(DiffcliError) as error:
            over(text)
        assert error.value.code == code
    with pytest.raises(DiffcliError, match="larger than"):
        sample(Source("x*y"), [Axis("x", 0, 1, 4000), Axis("y", 0, 1, 4000)], {}, FLOAT)


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("sin(x)/x", []),
        ("x**3 - x", []),
        ("abs(x)", []),
        ("relu(x - 1)", []),
        ("exp(x**2)", []),
        ("tanh(20*x)", []),
        ("exp(-1000*x**2)", []),
        ("sin(50*x)", []),
        ("sqrt(x)", []),
        ("cbrt(x)", []),
        ("log(abs(x))", []),
        ("tan(x)", [-np.pi / 2, np.pi / 2]),
        ("1/(x - 0.3)", [0.3]),
        ("1/(x - 0.3)**2", [0.3]),
        ("-1/(x + 1.003)**2", [-1.003]),
        ("sign(x - 0.1)", [0.1]),
        ("floor(x + 0.5)", [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]),
        ("where(x > 0.2, x + 1, x)", [0.2]),
        ("gamma(x)", [-3, -2, -1, 0]),
    ],
)
def test_where_a_curve_breaks(text, breaks):
    found = over(text, -3.01, 3)
    x, y = found.axes[0].points, found.value
    finite = np.isfinite(y[:-1]) & np.isfinite(y[1:])
    gaps = np.flatnonzero(finite & ~joined(x, y, found.slopes["x"]))
    assert len(gaps) == len(breaks)
    for gap, place in zip(gaps, breaks, strict=True):
        assert x[gap] - 0.016 <= place <= x[gap + 1] + 0.016


def test_a_truth_value_has_steps_and_no_slopes():
    found = over("x > 0.5")
    assert found.slopes == {}
    assert (~joined(found.axes[0].points, found.value, None)).sum() == 1


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 1, 5, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-3, 3, 6, ["-3", "-2", "-1", "0", "1", "2", "3"]),
        (0.001, 0.0042, 4, ["0.001", "0.002", "0.003", "0.004"]),
        (-1e6, 1e6, 2, ["-1e+06", "0", "1e+06"]),
        (99.5, 100.5, 2, ["99.5", "100", "100.5"]),
        (1e9, 1e9 + 1, 2, ["1000000000", "1000000000.5", "1000000001"]),
        (1, 1.000001, 1, ["1", "1.000001"]),
    ],
)
def test_ticks_are_round(low, high, most, expected):
    assert labels(ticks(low, high, most)) == expected


def test_limits_leave_out_poles_only():
    y = np.append(np.linspace(0, 1, 99), 1000.0)
    assert limits(y, True)[1] > 1000
    assert 1 < limits(y, False)[1] < 4
    assert limits(np.full(3, 2.0), True) == (1, 3)
    assert limits(np.zeros(3), True) == (-1, 1)
    assert limits(np.array([np.nan, 1.0, 2.0]), False) == (0.95, 2.05)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("-3:3", ["-3", "3"]),
        ("0:2*pi:100", ["0", "2*pi", "100"]),
        ("a[1:2]", []),
        ("sum(a[0:2]):b[1:][0]", ["sum(a[0:2])", "b[1:][0]"]),
        ("@data.csv:x", []),
        ("3", []),
        ("'a:b'", []),
        (":", ["", ""]),
    ],
)
def test_ranges_are_split(text, parts):
    assert split_range(text) == parts


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("plain", [False, True])
def test_text_fits(width, plain):
    pattern = Pattern("p", Sparse((3, 3), np.arange(3), np.arange(3), np.ones(3)))
    for plot in (curve("1e6*sin(x)"), saddle(), pattern):
        drawn = lines(plot, width, plain)
        assert max(map(len, drawn)) <= min(width, 78)
        assert not plain or all(map(str.isascii, drawn))
        assert all(line == line.rstrip() for line in drawn)


def test_dots_are_where_the_values_are():
    drawn = lines(curve("x", 1, 2), 80, True)[:-2]
    cells = [[i for i, c in enumerate(line[6:]) if c == "#"] for line in drawn]
    for ends in ([min(c) for c in cells[::-1] if c], [max(c) for c in cells[::-1] if c]):
        assert ends == sorted(ends)
    assert drawn[0].endswith("#")
    assert drawn[-1][6:].startswith("#")


def test_arrows_point_up_the_gradient():
    x = np.linspace(-1, 1, 41)
    angles = np.arange(8) * np.pi / 4
    for angle, arrow in zip(angles, ARROWS, strict=True):
        # a plane that is as steep in the picture: a line is as high as two columns are wide
        a, b = np.cos(angle), np.sin(angle)
        z = a * x + b * x[:, None]
        plot = Contours("", ["x", "y"], x, x, z, [np.full_like(z, a), np.full_like(z, b)])
        shown = {c for line in lines(plot, 54, False) for c in line if c in ARROWS}
        assert shown == {arrow}


PATTERN = Pattern("p", Sparse((2000, 1000), np.arange(9), np.arange(9), np.ones(9)))


@pytest.mark.parametrize(
    ("make", "suffix"),
    [
        (lambda: [curve("tan(x)"), curve("x**2")], ".png"),
        (lambda: [curve("tan(x)"), curve("x**2")], ".svg"),
        (lambda: [saddle(5)], ".pdf"),
        (lambda: [PATTERN, PATTERN], ".svg"),
    ],
)
def test_pictures_are_the_same_bytes_each_time(make, suffix):
    plots = make()
    found = image(plots, suffix)
    assert found.startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix])
    assert found == image(plots, suffix)
    assert b"atplotlib v" not in found


def command(*argv):
    out, err = io.StringIO(), io.StringIO()
    status = run_line(["plot", *argv], io.StringIO(), out, err)
    return status, out.getvalue(), err.getvalue()


def test_without_matplotlib_there_are_plots_in_text(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = tmp_path / "x.png"
    status, _, err = command("x", "x=0:1", "-o", str(path))
    assert status == 2
    assert "error[missing-extra]: pictures need matplotlib\n  = pip install 'diffcli[plot]'" in err
    assert not path.exists()
    assert command("x", "x=0:1")[0] == 0


def test_a_name_of_a_range_may_be_bound_elsewhere(tmp_path):
    Path(tmp_path / "b.json").write_text('{"x": 3, "w": 2}', encoding="utf-8")
    found = json.loads(
        command("w*x", "x=0:1:3", "--bindings", str(tmp_path / "b.json"), "--json")[1]
    )
    assert found["value"] == [0.0, 1.0, 2.0]
    assert found["grad"] == {"x": [2.0, 2.0, 2.0]}


def test_titles_are_short_and_harmless():
    text = f"x + {'+ '.join(['0'] * 60)}\n + len('\x1b[31m')*0"
    assert "\x1b" not in command(text, "x=0:1")[1]
    assert max(map(len, command(f"x{'+ 0' * 90}", "x=0:1")[1].split("\n"))) <= 80
