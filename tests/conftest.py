"""What every test shares: a frozen environment and the option that records transcripts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.transcript import Recorder

ROOT = Path(__file__).resolve().parents[1]

# The threads of OpenBLAS cost small matrices more than they give. It reads this when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

hypothesis.settings.register_profile("diffcli", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("diffcli")

RECORDER = pytest.StashKey[Recorder]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the transcripts print now into tests/golden and README.md",
    )
    parser.addoption(
        "--backend",
        choices=("cupy", "strict"),
        help="compute the commands of transcripts on a GPU, or on tests/strict.py in its place",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if config.getoption("--update-golden"):
        config.option.numprocesses = 0  # one process records


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden"):
        if os.environ.get("CI"):
            raise pytest.UsageError("--update-golden is refused where CI is set: record at home")
        config.stash[RECORDER] = Recorder()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if RECORDER in session.config.stash:
        session.config.stash[RECORDER].write()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if RECORDER in config.stash:
        for path in config.stash[RECORDER].changed:
            terminalreporter.write_line(f"recorded {path.relative_to(ROOT)}")


@pytest.fixture(autouse=True, scope="session")
def frozen_environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The same terminal, colours, time zone and cache for every test and its subprocesses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "LINES", "PYTHONWARNINGS"):
            patch.delenv(name, raising=False)
        for name in [name for name in os.environ if name.startswith("DIFFCLI_")]:
            patch.delenv(name)
        patch.setenv("COLUMNS", "80")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("TERM", "dumb")
        patch.setenv("TZ", "UTC")
        patch.setenv("DIFFCLI_CACHE", str(tmp_path_factory.mktemp("diffcli-cache")))
        # `python -m diffcli` anywhere is the checkout, as it is in process.
        patch.setenv("PYTHONPATH", str(ROOT))
        if backend := request.config.getoption("--backend"):
            patch.setenv("DIFFCLI_BACKEND", "cupy")
            if backend == "strict":
                from tests.strict import STRICT

                patch.setattr("diffcli.runtime.cupy_backend.namespace", lambda: STRICT)
        yield


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Recorder | None:
    """Where transcripts are recorded under --update-golden; None when they are compared."""
    return request.config.stash.get(RECORDER, None)


@pytest.fixture
def python() -> str:
    """The interpreter that runs the tests, for tests that need a process of their own."""
    return sys.executable
