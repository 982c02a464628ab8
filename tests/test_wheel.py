"""What is published works: wheel and sdist, installed away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GRAMMARS = {path.name for path in (ROOT / "grammar").iterdir()}


def check_output(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command with nothing of this process's environment but the search path."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "--sdist")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture(scope="module")
def wheel_from_sdist(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and newer warn without one
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    [source] = folder.iterdir()
    return build(source, tmp_path_factory.mktemp("wheel-from-sdist"), "--wheel")


def build(source: Path, out: Path, kind: str) -> Path:
    command = (sys.executable, "-m", "build", kind, "--no-isolation", "--outdir", out, source)
    check_output(*command, cwd=out)
    [built] = out.iterdir()
    return built


def install(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the wheel alone; its dependencies are those of this one."""
    check_output(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    check_output(*pip, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder.parent)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "diffcli"


@pytest.mark.parametrize("source", ["wheel", "wheel_from_sdist"])
def test_installed_command(source, request, tmp_path):
    command = install(request.getfixturevalue(source), tmp_path / "venv")
    empty = tmp_path / "empty"
    empty.mkdir()
    away = {"cwd": empty, "HOME": str(empty), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    where = check_output(
        command.parent / "python", "-c", "import diffcli; print(diffcli.__file__)", **away
    )

    assert Path(where).is_relative_to(tmp_path / "venv")
    for _ in range(2):  # without the cached parse table, and with it
        assert check_output(command, "eval", "1+1", **away) == "2\n"
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("source", ["wheel", "wheel_from_sdist"])
def test_wheel_holds_the_package_and_the_grammar(source, request):
    with zipfile.ZipFile(request.getfixturevalue(source)) as archive:
        names = [Path(name) for name in archive.namelist()]

    assert {path.name for path in names if path.parent == Path("diffcli/grammar")} == GRAMMARS
    assert {path.parts[0] for path in names if "dist-info" not in path.parts[0]} == {"diffcli"}
    assert Path("diffcli/py.typed") in names
    pages = {path.relative_to(ROOT) for path in (ROOT / "diffcli" / "help").rglob("*.md")}
    assert {path for path in names if path.suffix == ".md"} == pages


def test_sdist_holds_the_grammar(sdist):
    with tarfile.open(sdist) as archive:
        names = [Path(name) for name in archive.getnames()]

    assert {path.name for path in names if path.parts[1:2] == ("grammar",)} >= GRAMMARS
