"""Where a training is, how long it took, and when something is due."""
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")
MUCH_WAITING = 0.2  # of the time of an epoch


@dataclass
class Position:
    """Where a training is: what it saves, beside the model, to go on from.

    epoch: the one in hand, from 1, and the stage it belongs to. epoch_iters, total_iters: images seen in it and in
    all. total_steps: batches in all. seconds: of training in all. metric_sum, epoch_steps: of the epoch in hand, for
    the mean of its metric; the sum may be a tensor, lest every step wait for it. log_size: of the log of losses, bytes.
    validated: images in all when colorings were measured last.
    """

    epoch: int = 1
    stage: int = 1
    epoch_iters: int = 0
    total_iters: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    metric_sum: Any = 0.0
    epoch_steps: int = 0
    log_size: int | None = None
    validated: int = 0

    def due(self, frequency: int, images: int) -> bool:
        """Whether the last step, of that many images, reached or passed a multiple of `frequency`."""
        return self.total_iters // frequency > (self.total_iters - images) // frequency

    def next_epoch(self) -> None:
        """The epoch in hand is done."""
        self.epoch += 1
        self.epoch_iters, self.epoch_steps, self.metric_sum = 0, 0, 0.0

    def __str__(self) -> str:
        place = f"in epoch {self.epoch}" if self.epoch_iters else f"at the end of epoch {self.epoch - 1}"
        return f"iteration {self.total_steps}, {place}"

    def state_dict(self) -> dict[str, Any]:
        """All of it as plain numbers. Waits for the device that the sum is on."""
        self.metric_sum = float(self.metric_sum)
        return asdict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave. Raises TypeError for anything else."""
        if not all(isinstance(value, int | float | None) for value in state.values()):
            raise TypeError("a position is made of numbers")
        vars(self).update(vars(Position(**state)))


class StepTimer:
    """Measures the steps of (the rest of) an epoch and moves its position on.

    wait_seconds, step_seconds: what the last step took to be handed its data, and to learn from it. On a GPU
    a step is timed as far as it was launched; over an epoch that evens out.
    """

    FIRST = 4  # batches that are waited for in any case, while loading begins

    def __init__(self, position: Position) -> None:
        self.position = position
        self.wait_seconds = self.step_seconds = 0.0
        self._batches, self._waited, self._since = 0, 0.0, 0.0
        self._images_before, self._seconds_before = position.total_iters, position.seconds
        self._started = self._mark = time.perf_counter()

    def timed(self, batches: Iterable[T]) -> Iterator[T]:
        """The batches, with the time that each was waited for."""
        self._mark = time.perf_counter()
        for batch in batches:
            now = time.perf_counter()
            self.wait_seconds, self._mark = now - self._mark, now
            self._batches += 1
            if self._batches == self.FIRST:
                self._since = now
            elif self._batches > self.FIRST:
                self._waited += self.wait_seconds
            yield batch
            self._mark = time.perf_counter()

    def step_done(self, images: int) -> None:
        """A step on `images` images has ended."""
        self.step_seconds = time.perf_counter() - self._mark
        self.position.epoch_steps += 1
        self.position.total_steps += 1
        self.position.epoch_iters += images
        self.position.total_iters += images
        self.position.seconds = self._seconds_before + self.elapsed()

    def waiting(self) -> float:
        """The share of the time, 0 to 1, that data was waited for, after the first batches."""
        return self._waited / max(time.perf_counter() - self._since, 1e-9) if self._since else 0.0

    def elapsed(self) -> float:
        """Seconds since this timer began."""
        return time.perf_counter() - self._started

    def images_per_second(self) -> float:
        """Mean over the steps since this timer began, with everything between them; over the whole run, if this has
        gone on with the end of an epoch."""
        images = self.position.total_iters - self._images_before
        if images == 0 and self.position.seconds > 0:
            return self.position.total_iters / self.position.seconds
        return max(1, images) / self.elapsed()


def slow_data(waiting: float, workers: int, cores: int, cache: str) -> str:
    """What to tell of an epoch in which a share of the time went into waiting for data, and what to do about it; "" if
    that was little. workers: processes that load data, of at most `cores`."""
    if waiting <= MUCH_WAITING:
        return ""
    if workers < cores:
        what = f"give a larger --num_threads ({workers} load data, {cores} cores could)"
    elif cache == "none":
        what = "give --cache ram or --cache disk, or smaller files"
    else:
        what = f"give smaller files, or {'a larger --cache_gb' if cache == 'ram' else 'a faster disk'}"
    return f"{waiting:.0%} of the time went into waiting for data: {what}"


class Meter:
    """Shows how far a work of `total` steps is: a bar on a terminal, elsewhere a line now and then.

    done: steps that an earlier run had done; speed is measured without them. quiet: show nothing.
    """

    SECONDS = 20  # between two lines

    def __init__(self, total: int, done: int, unit: str, quiet: bool = False) -> None:
        self.total, self.before, self.done, self.unit, self.quiet = total, done, done, unit, quiet
        self._started = self._told = time.perf_counter()
        self._bar = tqdm(total=total, initial=done, unit=unit, disable=True if quiet else None)

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        self._bar.update()
        now = time.perf_counter()
        if self._bar.disable and not self.quiet and now - self._told >= self.SECONDS:
            self._told = now
            speed = (self.done - self.before) / (now - self._started)
            left = duration((self.total - self.done) / speed)
            print(f"{self.done} of {self.total} {self.unit}s, {speed:.2f} a second, {left} left")


def duration(seconds: float) -> str:
    """Seconds as people say them: 45 s, 12 min, 3 h 05 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
