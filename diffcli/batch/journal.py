"""The journal of a batch: what has been computed, kept beside the output until that is whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from diffcli import __version__
from diffcli.batch.answers import BadRow
from diffcli.batch.job import Answers, Failure, Job
from diffcli.errors import DiffcliError, Source
from diffcli.io.files import open_error, write_atomic
from diffcli.io.locations import is_remote
from diffcli.io.log import Log

if TYPE_CHECKING:
    from diffcli.io.partitions import Partition


PAUSE = 2.0
"""Seconds that answers may wait to be written; what takes no longer is not worth resuming."""

MOST = 1 << 26
"""Bytes of answers that may wait."""


class Part:
    """The part of the journal for one partition: its answers as far as they are known.

    Without a path nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._log = None if path is None else Log(path)

    def answers(self) -> Iterator[Answers]:
        """What is known, in order."""
        for table, about in self._log.records() if self._log else ():
            failures = [Failure(*failure) for failure in about.pop("failures")]
            yield Answers(table, failures=failures, **about)

    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self._log is not None and self._log.ended()

    def append(self, answers: Answers) -> None:
        """Keep the answers for one more chunk."""
        if self._log:
            about = {name: getattr(answers, name) for name in ("rows", "nulls", "failed")}
            failures = [[f.file, f.row, f.reason] for f in answers.failures]
            self._log.append(answers.table, about | {"failures": failures})

    def finish(self) -> None:
        """Say that nothing is missing."""
        if self._log:
            self._log.end()

    @contextmanager
    def replaced(self) -> Iterator[Part]:
        """A new part that takes the place of this one when it is whole."""
        assert self.path is not None
        new = self.path.with_suffix(f".{uuid4().hex}")
        try:
            part = Part(new)
            yield part
            part.finish()
            new.replace(self.path)
        finally:
            new.unlink(missing_ok=True)


class Journal:
    """The parts of a batch in a hidden folder beside its output, which is a file; none for "-".

    A part belongs to the question and to all the input up to its partition: where some of that
    has changed, the part is made again. With `resume` the journal of an interrupted batch is used,
    which must have asked the same question, else it is thrown away, which `say` is told. Raises
    `usage` and `bad-file`.
    """

    def __init__(
        self,
        output: str,
        inputs: Sequence[str],
        job: Job,
        resume: bool = False,
        say: Callable[[str], object] = lambda message: None,
    ) -> None:
        self.folder = _folder(output, inputs)
        self._output = output
        self._say = say
        self._about = _about(job)
        self._count = 0
        self._hash = hashlib.sha256(json.dumps(self._about, sort_keys=True).encode())
        self._lock: Any = None
        self._waiting: list[tuple[Part, Answers | None]] = []
        self._bytes = 0
        self._written = time.monotonic()
        if self.folder is not None:
            try:
                self._begin(self.folder, resume)
            except OSError as error:
                raise open_error(output, error, "write") from None
        elif resume:
            what = f"'{output}'" if is_remote(output) else "standard input or output"
            raise DiffcliError("usage", f"a batch with {what} cannot be resumed", hint="use files")

    def _begin(self, folder: Path, resume: bool) -> None:
        about = folder / "job.json"
        if about.exists():
            if resume:
                _check_same(self._output, about.read_text(encoding="utf-8"), self._about)
            self._own(about)
            if resume:
                return
            if any(folder.glob("*.arrow")):
                self._say(f"what an interrupted batch had kept for '{self._output}' is thrown away")
        self.remove()
        folder.mkdir(0o700)  # the output may be nobody else's business
        write_atomic(str(about), lambda file: file.write(json.dumps(self._about).encode()))
        self._own(about)

    def _own(self, about: Path) -> None:
        """Keep other batches away for as long as this process lives."""
        try:
            import fcntl
        except ImportError:  # not POSIX
            return
        self._lock = about.open("rb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            message = f"'{self._output}' is being written by another batch"
            raise DiffcliError("usage", message) from None
        except OSError:  # a file system without locks
            self.close()

    def part(self, partition: Partition) -> Part:
        """The part for the next partition."""
        if self.folder is None:
            return Part(None)
        self._hash.update(json.dumps(partition.identity()).encode())
        name = f"{self._count:05}-{self._hash.hexdigest()[:16]}.arrow"
        self._count += 1
        return Part(self.folder / name)

    def rows(self, partitions: Iterable[Partition]) -> int:
        """The rows before the first one whose answer is not known."""
        rows = 0
        for part in map(self.part, partitions):
            rows += sum(answers.rows for answers in part.answers())
            if not part.whole():
                break
        return rows

    def keep(self, part: Part, answers: Answers | None) -> None:
        """Take note of answers, or of the end of a part."""
        if self.folder is None:
            return
        self._waiting.append((part, answers))
        self._bytes += answers.table.nbytes if answers else 0
        if self._bytes > MOST or time.monotonic() - self._written > PAUSE:
            self._write()

    def _write(self) -> None:
        while self._waiting:
            part, answers = self._waiting[0]
            part.append(answers) if answers else part.finish()
            del self._waiting[0]
        self._bytes, self._written = 0, time.monotonic()

    def ended(self, error: BaseException, rows: int) -> BaseException:
        """The error that ended a batch that had kept so many rows, with what --resume can do."""
        if self.folder is None:
            return error
        if isinstance(error, BadRow) or not any(self.folder.glob("*.arrow")):
            self.remove()
            return error
        with suppress(OSError):
            self._write()
        self.close()
        rows -= sum(answers.rows for _, answers in self._waiting if answers)
        hint = f"--resume goes on {f'after row {rows:,}' if rows else 'where it stopped'}"
        if isinstance(error, KeyboardInterrupt):
            return DiffcliError("interrupted", "stopped by the user", hint=hint)
        if isinstance(error, OSError):
            error = open_error(self._output, error, "write")
        if isinstance(error, DiffcliError):
            error.hint = f"{error.hint}\n{hint}" if error.hint else hint
        return error

    def remove(self) -> None:
        """Throw everything away."""
        if self.folder is not None:
            # Under another name no task that still runs on a cluster can put anything into it.
            gone = self.folder.with_name(f"{self.folder.name}.{uuid4().hex}")
            with suppress(OSError):
                self.folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let others write the output."""
        if self._lock is not None:
            self._lock.close()


def rows_known(
    output: str, inputs: Sequence[str], job: Job, partitions: Iterable[Partition]
) -> int:
    """The rows after which a batch would go on. Raises what resuming it would raise."""
    folder = _folder(output, inputs)
    if folder is not None and not (folder / "job.json").exists():
        return 0
    journal = Journal(output, inputs, job, resume=True)
    try:
        return journal.rows(partitions)
    finally:
        journal.close()


def _folder(output: str, inputs: Sequence[str]) -> Path | None:
    """Where the journal is; None where there cannot be one."""
    if "-" in (output, *inputs) or is_remote(output):
        return None
    target = Path(os.path.realpath(output))
    return target.with_name(f".{target.name}.parts")


WORDS = {
    "version": "version of diffcli",
    "source": "expression",
    "column": "--expr-column",
    "constants": "constants",
    "kind": "--kind",
    "wrt": "--wrt",
    "direction": "--v",
    "tangents": "--tangent",
    "mapping": "--map",
    "columns": "--map",
    "keep": "--keep",
    "on_error": "--on-error",
    "backend": "--backend or --exact",
}
"""What the user calls the parts of a job; a part may follow from those before it."""


def _about(job: Job) -> dict[str, Any]:
    """All that the answers depend on but the input; not the chunks, on which they do not depend."""
    question = job.question
    held = {name: getattr(question, name) for name in question.__slots__}
    held |= {name: getattr(job, name) for name in job.__slots__}
    del held["question"], held["chunk"]
    return {"version": __version__} | {name: _plain(value) for name, value in held.items()}


def _plain(value: Any) -> Any:
    """A value as JSON can hold it, different for different values."""
    if isinstance(value, Source):
        return value.text
    if isinstance(value, dict):
        return [[name, _plain(item)] for name, item in value.items()]
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return [str(array.dtype), list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
    return value


def _check_same(output: str, text: str, about: dict[str, Any]) -> None:
    """Raise `usage` unless the journal was begun for the same question."""
    try:
        begun = json.loads(text)
    except ValueError:
        begun = {}
    for name in [*WORDS, *about]:
        if begun.get(name) != about[name]:
            raise DiffcliError(
                "usage",
                f"the batch that was writing '{output}' had another {WORDS.get(name, name)}",
                hint="--resume goes on with the same command; without it the batch starts again",
            )
