"""Work in three steps that overlap: before and after the one step that must not wait."""
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Ready = TypeVar("Ready")
Made = TypeVar("Made")
Result = TypeVar("Result")


class Pipeline(Generic[Item, Ready, Made, Result]):
    """`before` (reading) and `after` (writing) run in threads, `middle` (the network) here, one item at a time.

    So many items are under way at most that each thread has one and finds the next one waiting. busy_seconds, seconds:
    time spent in `middle`, and in all, since the first item.
    """

    def __init__(
        self, before: Callable[[Item], Ready], middle: Callable[[Ready], Made], after: Callable[[Made], Result],
        threads: int,
    ) -> None:  # fmt: skip
        self.before, self.middle, self.after, self.threads = before, middle, after, threads
        self.busy_seconds = self.seconds = 0.0

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        """The results, in the order of the items. What a step raises comes out here, and ends the work."""
        waiting = iter(items)
        coming: deque[Future[Ready]] = deque()
        going: deque[Future[Result]] = deque()
        begun = time.perf_counter()
        with ThreadPoolExecutor(self.threads) as readers, ThreadPoolExecutor(self.threads) as writers:
            try:
                while True:
                    while len(coming) <= self.threads and (item := next(waiting, None)) is not None:
                        coming.append(readers.submit(self.before, item))
                    if not coming:
                        break
                    ready = coming.popleft().result()
                    started = time.perf_counter()
                    made = self.middle(ready)
                    self.busy_seconds += time.perf_counter() - started
                    going.append(writers.submit(self.after, made))
                    while going and (going[0].done() or len(going) > self.threads):
                        yield going.popleft().result()
                        self.seconds = time.perf_counter() - begun
                while going:
                    yield going.popleft().result()
                    self.seconds = time.perf_counter() - begun
            finally:  # an error or an interruption: what has not begun is not begun any more
                for read in coming:
                    read.cancel()
                for written in going:
                    written.cancel()
