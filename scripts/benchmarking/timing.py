"""Time and memory of what is done on a device, so that neither what is not finished yet nor what the first calls do
once (choosing algorithms, compiling, growing pools of memory) deceives."""
from __future__ import annotations

import gc
import multiprocessing
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

Work = Callable[[], object]
WARM_UP = 3  # calls
MOST_CALLS = 2**14
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Effort:
    """How carefully to measure: in so many rounds, each with as many calls as take `seconds` together; after `patience`
    seconds no further round begins. folder: for temporary files. quick: tiny networks, to see that everything works.
    """

    device: torch.device
    rounds: int
    seconds: float
    folder: Path
    patience: float = 60.0
    quick: bool = False

    @property
    def scale(self) -> str:
        """How large the pieces of work should be: cuda, cpu or quick."""
        return "quick" if self.quick else "cuda" if self.device.type == "cuda" else "cpu"


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def warm_up(work: Work, device: torch.device, calls: int = WARM_UP) -> None:
    for _ in range(calls):
        work()
    synchronize(device)


def sample(work: Work, effort: Effort) -> float:
    """Seconds of a call, on average over as many as take `effort.seconds` together."""
    calls = 1
    while True:
        synchronize(effort.device)
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        synchronize(effort.device)
        seconds = time.perf_counter() - begun
        if seconds >= 0.8 * effort.seconds or calls >= MOST_CALLS:
            return seconds / calls
        calls = min(MOST_CALLS, max(2 * calls, ceil(calls * effort.seconds / max(seconds, 1e-9))))


def compare(works: Mapping[str, Work], effort: Effort) -> tuple[dict[str, float], dict[str, Exception]]:
    """Seconds of a call of each, which take turns, so that other work on the machine slows all alike: medians of the
    rounds; and what those raised that failed. All have been warmed up before."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    errors: dict[str, Exception] = {}
    begun = time.perf_counter()
    for number in range(effort.rounds):
        if number and time.perf_counter() - begun > effort.patience:
            break
        for name in [name for name in works if name not in errors]:
            try:
                seconds[name].append(sample(works[name], effort))
            except Exception as error:
                errors[name] = error
    return {name: median(seconds[name]) for name in works if name not in errors}, errors


def busy_share(work: Work, device: torch.device, calls: int = 3) -> float | None:
    """Share of the time in which a CUDA device computed or copied; None for other devices."""
    if device.type != "cuda":
        return None
    synchronize(device)
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        synchronize(device)
        seconds = time.perf_counter() - begun
    # Ranges that torch names itself, such as a step of an optimizer, contain kernels and the gaps between them.
    spans = sorted(
        (event.time_range.start, event.time_range.end) for event in profiler.events() or ()
        if event.device_type == DeviceType.CUDA and not getattr(event, "is_user_annotation", False)
    )  # fmt: skip
    covered, reached = 0.0, float("-inf")
    for start, end in spans:  # in microseconds; streams may overlap
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return min(1.0, covered / 1e6 / seconds) if spans else None


class CudaMemory:
    """What was allocated at most since it was made, beyond what was there: bytes, or None without CUDA."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type == "cuda":
            synchronize(device)
            gc.collect()  # networks whose passes are wrapped hold themselves
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(device)
            self._before = torch.cuda.memory_allocated(device)

    def peak(self) -> int | None:
        if self.device.type != "cuda":
            return None
        synchronize(self.device)
        return torch.cuda.max_memory_allocated(self.device) - self._before


def peak_in_child(work: Callable[..., object], *arguments: Any) -> int | None:
    """Bytes by which the memory of a process of its own grows at most while it does some work on the CPU; None where
    the system does not tell (Linux does). work: a function of a module. Raises RuntimeError if it fails."""
    if not _STATUS.is_file():
        return None
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_tell_growth, args=(sender, torch.get_num_threads(), work, arguments))
    child.start()
    sender.close()
    try:
        told = receiver.recv()
    except EOFError:  # killed, which is how Linux says that memory is at its end
        told = "out of memory"
    child.join()
    if isinstance(told, str):
        raise RuntimeError(told)
    return told


def _tell_growth(sender: Connection, threads: int, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(threads)
    before = _resident("VmRSS")
    try:
        work(*arguments)
        sender.send(_resident("VmHWM") - before)
    except Exception as error:
        sender.send(str(error) or type(error).__name__)


def _resident(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", _STATUS.read_text())
    return int(found[1]) * 1024 if found else 0
