"""Every benchmark runs, at sizes that take no time, and finds that all answers agree."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks import measure
from tests.benchmarks.peers import Peers
from tests.benchmarks.suite import BENCHMARKS
from tests.benchmarks.table import show


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measure, "ROUNDS", (1, 1))
    monkeypatch.setattr(measure, "WARM", 0.0)
    monkeypatch.setattr(measure, "SHORTEST", 0.0)
    about, run, _, tiny = BENCHMARKS[name]
    comparison = run(about, Peers(None), *tiny)
    record = json.loads(json.dumps(comparison.record(name)))
    assert record["works"]["diffcli"]["least"] > -10
    assert record["targets"]
    show({name: comparison})
    assert about in capsys.readouterr().out
