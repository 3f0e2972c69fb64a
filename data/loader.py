"""Batches in an order that follows from seed and epoch alone, however many workers read them."""
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from data.bad_images import BadImages
from data.base_dataset import BaseDataset, Place
from data.image_folder import BadImage, read_image
from util.cores import usable_cores
from util.distributed import Processes
from util.errors import RunError, UserError
from util.stages import Stage, stage_at

AHEAD = 4  # batches that a worker has ready or in hand: a few large images in a row are not waited for
# How torch begins to tell that a process which loads data, or the thread that hears of it, is no more.
OF_DEAD_WORKERS = ("DataLoader worker", "Pin memory thread")


class EpochSampler(Sampler[list[Place]]):
    """The places of one epoch in batches of its stage: all indices, shuffled by (seed, epoch) or in order, after the
    first `skip`.

    Several processes take their batches from the same order in turn, each a part of the size that one process alone
    would have. They all have as many: the last parts are filled up from the front of the order.
    """

    def __init__(
        self, length: int, shuffle: bool, seed: int, stages: Sequence[Stage], rank: int = 0, count: int = 1
    ) -> None:
        self.length, self.shuffle, self.seed, self.stages = length, shuffle, seed, stages
        self.rank, self.count = rank, count
        self.epoch, self.skip = 1, 0

    def __len__(self) -> int:
        return -(-(self.length - self.skip) // (self.count * stage_at(self.stages, self.epoch).batch_size))

    def __iter__(self) -> Iterator[list[Place]]:
        stage = stage_at(self.stages, self.epoch)
        order = np.arange(self.length)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(self.skip, self.length, self.count * stage.batch_size):
            first = start + self.rank * stage.batch_size
            places = range(first, first + stage.batch_size)
            if self.count == 1:
                places = places[: self.length - start]
            yield [Place(self.epoch, int(order[place % self.length]), stage.size) for place in places]


class Order(Protocol):
    """What knows the epoch that comes next, and how many of its images are left out in front."""

    epoch: int
    skip: int


class ImageLoader:
    """Iterate it for the batches of one epoch, and again for the next: dicts of tensors (N, C, H, W) and lists of
    paths. `bad_images` knows what was left out of them.

    num_threads: worker processes, never more than this machine has cores, nor than are left where several processes
    share these; 0 reads in this process. pin_memory: hand out tensors that a GPU can fetch by itself. most_bad: the
    share of images, 0 to 1, that may be bad. processes: which share the batches, and whatever befalls one of them.
    """

    def __init__(
        self, dataset: BaseDataset, stages: Sequence[Stage], num_threads: int, shuffle: bool, seed: int,
        pin_memory: bool = False, most_bad: float = 0.0, processes: Processes | None = None,
    ) -> None:  # fmt: skip
        self.dataset = dataset
        processes = processes or Processes()
        sampler = EpochSampler(len(dataset), shuffle, seed, stages, processes.rank, processes.count)
        workers = worker_count(num_threads, processes)
        loader = data_loader(dataset, workers, pin_memory, batch_sampler=sampler, persistent_workers=workers > 0)
        self._give(loader, sampler, _census(dataset.files()), most_bad, processes)

    def _give(
        self, loader: DataLoader[dict[str, Any]], sampler: Order, census: dict[str, tuple[int, str]], most_bad: float,
        processes: Processes,
    ) -> None:  # fmt: skip
        """What is iterated, whom to tell the epoch, what there is to read, and who shares it."""
        self.loader, self.sampler, self.census, self.changed = loader, sampler, census, ""
        self.bad_images = BadImages(sum(count for count, _ in census.values()), most_bad)
        self.processes = processes

    def start(self, epoch: int, skip: int = 0) -> None:
        """Choose the epoch that the next iteration gives, and how many of its images to leave out in front."""
        self.sampler.epoch, self.sampler.skip = epoch, skip

    def __len__(self) -> int:
        """Images (or pairs) in an epoch."""
        return len(self.dataset)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        batches = self._batches()
        while True:
            with self.processes.together() as talk:
                batch = next(batches, None)
                if batch is not None:
                    talk.say = [report for report in batch.pop("bad_images", ()) if report] or None
            if batch is None:  # in all processes at once
                break
            for reports in talk.heard:
                self.bad_images.note(reports)
            yield batch
        self.start(self.sampler.epoch + 1)

    def _batches(self) -> Iterator[dict[str, Any]]:
        """What this process reads of an epoch."""
        try:
            batches = iter(self.loader)
            self._hear_of_dead_workers_here()
            yield from batches
        except UserError as error:
            # A worker's error arrives with the worker's traceback in its text: the message comes last.
            raise UserError(str(error).rpartition(f"\n{UserError.__module__}.UserError: ")[2].strip()) from error
        except (RuntimeError, OSError, EOFError) as error:
            # Of a worker that has died, torch tells in words, or what it had ready can't be fetched any more.
            told = str(error).startswith(OF_DEAD_WORKERS) or not isinstance(error, RuntimeError)
            if not (self.loader.num_workers and told):
                raise
            raise RunError(
                f"a process that loads images has died ({error}); if that was for lack of memory, give a smaller "
                "--num_threads"
            ) from error

    def _hear_of_dead_workers_here(self) -> None:
        """torch raises an error when a worker dies, wherever this process is: in the midst of a training step. Without
        its handler, the next batch that is asked for raises it."""
        here = threading.current_thread() is threading.main_thread()
        if self.loader.num_workers and here and hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def state_dict(self) -> dict[str, Any]:
        """What there was to read, and what could not be. Where an epoch stands is for its reader to know."""
        return {"census": self.census, "bad_images": self.bad_images.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave; `changed` tells, in words, how the data is another now. Bad images that have
        been mended since, or removed, are forgotten."""
        bad = self.bad_images
        bad.load_state_dict(state["bad_images"])
        self.changed = self._changes(state["census"])
        bad.faults = {path: bad.faults[path] for path in self._still_bad(list(bad.faults))}

    def _still_bad(self, paths: list[str]) -> list[str]:
        here = {str(path) for paths in self.dataset.files().values() for path in paths} if paths else set()
        return [path for path in paths if path in here and not _readable(path)]

    def _changes(self, census: Mapping[str, tuple[int, str]]) -> str:
        told = []
        for side, (count, digest) in self.census.items():
            before, digest_before = census.get(side, (0, ""))
            if count != before:
                told.append(f"{before} images in {side} then, {count} now")
            elif digest != digest_before:
                told.append(f"{count} images in {side}, but not the same ones")
        return "; ".join(told)


def worker_count(num_threads: int, processes: Processes) -> int:
    """The processes that load, of those that are asked for, where these processes share the cores of a machine."""
    return min(num_threads, max(1, usable_cores() // processes.local_count))


def data_loader(dataset: Dataset[Any], workers: int, pin_memory: bool, **options: Any) -> DataLoader[dict[str, Any]]:
    """A DataLoader whose workers end when and as they should."""
    # Where forking works well, it starts workers at once, and they share what the data set holds.
    context = "fork" if workers and sys.platform == "linux" else None
    return DataLoader(
        dataset, num_workers=workers, pin_memory=pin_memory, multiprocessing_context=context,
        prefetch_factor=AHEAD if workers else None, worker_init_fn=_leave_signals_to_the_parent, **options,
        generator=torch.Generator(),  # else each epoch takes a number from the global one
    )  # fmt: skip


def _census(files: Mapping[str, Sequence[Path | str]]) -> dict[str, tuple[int, str]]:
    """How many images each side has, and a digest of their names, without the folder that all of them share."""
    census = {}
    for side, paths in files.items():
        names = [str(path) for path in paths]
        try:  # the first and the last one in the order of letters share what all share
            shared = len(os.path.commonpath([os.path.dirname(min(names)), os.path.dirname(max(names))]))
        except ValueError:  # they are on several drives
            shared = 0
        text = "\0".join(name[shared:] for name in names)
        census[side] = (len(names), sha256(text.encode(errors="surrogateescape")).hexdigest())
    return census


def _readable(path: str) -> bool:
    try:
        read_image(path)
    except BadImage:
        return False
    return True


def _leave_signals_to_the_parent(_: int) -> None:
    """Ctrl-C and job schedulers signal all processes at once, but what a worker reads is asked for until its parent
    says that this is enough, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent and hasattr(signal, "sigtimedwait"):  # Linux
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """End this process when the parent terminates it, or has ended itself."""
    while parent.is_alive():
        received = signal.sigtimedwait({signal.SIGTERM}, 1.0)  # seconds
        if received and received.si_pid == parent.pid:
            break
    os._exit(0)
