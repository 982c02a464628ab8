"""Threads with a few items between them: one reads ahead, some compute, one writes."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Items that are made ahead of their use."""

MOST = 8
"""Threads that compute by default: more wait for each other, and each has rows in memory."""


def cores() -> int:
    """The processors that this process may use, at most `MOST`."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        count = os.cpu_count() or 1
    return min(count, MOST)


class _End:
    """Stands behind the last chunk; `error` is what ended it early."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterable[Any]) -> Any:
    """The items, made by a thread a few ahead of their use."""
    ready: queue.Queue[Any] = queue.Queue(AHEAD)
    stop = threading.Event()

    def work() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(ready, item, stop):
                    return
        except BaseException as error:
            end = _End(error)
        _put(ready, end, stop)

    thread = threading.Thread(target=work, name="diffcli-read", daemon=True)
    thread.start()

    def made() -> Iterator[Any]:
        try:
            while not isinstance(item := ready.get(), _End):
                yield item
            if item.error is not None:
                raise item.error
        finally:
            stop.set()
            thread.join(timeout=1)  # it may be waiting for standard input

    return made()


def _put(place: queue.Queue[Any], item: Any, stop: threading.Event) -> bool:
    """Hand over an item unless nobody wants it any more."""
    while not stop.is_set():
        try:
            place.put(item, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False


def mapped(call: Callable[[T], R], items: Iterator[T], workers: int) -> Iterator[R]:
    """`call` of every item, made by threads, in the order of the items.

    At most one item more than there are workers is being worked on or waiting to be taken. An error
    of the items comes behind what was made of those before it.
    """
    waiting: deque[Future[R]] = deque()
    failure: Exception | None = None
    with ThreadPoolExecutor(workers, "diffcli-compute") as pool:
        try:
            while True:
                try:
                    waiting.append(pool.submit(call, next(items)))
                except StopIteration:
                    break
                except Exception as error:
                    failure = error
                    break
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
    if failure is not None:
        raise failure


class Behind:
    """Calls a function with items in a thread of its own, in order, until a call fails."""

    def __init__(self, call: Callable[[Any], object]) -> None:
        self._call = call
        self._queue: queue.Queue[Any] = queue.Queue(AHEAD)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="diffcli-write", daemon=True)
        self._thread.start()

    def put(self, item: Any) -> None:
        """Hand over an item; raises what went wrong with those before."""
        if self._error is not None:
            raise self._error
        self._queue.put(item)

    def finish(self) -> None:
        """Wait for the calls; raises what went wrong."""
        self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Wait for the calls for all that was handed over."""
        self._queue.put(_End())
        self._thread.join()

    def _work(self) -> None:
        while not isinstance(item := self._queue.get(), _End):
            if self._error is None:
                try:
                    self._call(item)
                except BaseException as error:
                    self._error = error
