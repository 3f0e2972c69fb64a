"""Several processes of one run, as torchrun starts them: what they tell each other, and that they end alike.

Whatever one process alone calls here does nothing. What several call, all of them must call, in the same order.
"""
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import sleep
from typing import Any, TypeVar
from uuid import uuid4

import torch
import torch.distributed as dist

from util.errors import RunError, UserError

# Processes wait for the slowest: a share of a shelf of volumes may take days on a CPU.
PATIENCE = timedelta(days=30)
RESTARTS = "TORCHELASTIC_RESTART_COUNT"
T = TypeVar("T")


@dataclass
class Talk:
    """say: what a process wants all to know. heard: what they say, in their order, without those that say nothing."""

    say: Any = None
    heard: list[Any] = field(default_factory=list)


class Processes:
    """rank: the number of this process, from 0, of `count`. local_rank: its number on this machine, of `local_count`.

    A process that has ended, or can't be reached, is a RunError to the others.
    """

    def __init__(self, rank: int = 0, count: int = 1, local_rank: int = 0, local_count: int = 1) -> None:
        self.rank, self.count, self.local_rank, self.local_count = rank, count, local_rank, local_count
        self._devices: Any = None  # a group over NCCL; None: all goes over gloo
        self._lost = False  # another process
        self._ending = False  # all processes, for the same reason

    @property
    def first(self) -> bool:
        """Whether this is the process that speaks and puts things together."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """A seed of this process's own; that of the first is the one that a single process has."""
        return seed + 2**20 * self.rank

    def wait_for_all(self) -> None:
        """Come back when all processes are here."""
        if self.count > 1:
            with self._reaching():
                dist.monitored_barrier(timeout=PATIENCE)

    # Words

    def highest(self, number: int) -> int:
        """The highest of the numbers that the processes have."""
        if self.count == 1:
            return number
        tensor = torch.tensor(number)
        self._reduce(tensor, dist.ReduceOp.MAX)
        return int(tensor)

    def any(self, flag: bool) -> bool:
        """Whether a process says yes."""
        return self.highest(int(flag)) == 1

    def told(self, word: T | None) -> list[T]:
        """What the processes have to say, in their order, without those that say None. Mostly all do: then this costs
        little."""
        if self.count == 1 or not self.any(word is not None):
            return [] if word is None else [word]
        words: list[T | None] = [None] * self.count
        with self._reaching():
            dist.all_gather_object(words, word)
        return [word for word in words if word is not None]

    def share(self, word: T) -> T:
        """What the first process says."""
        if self.count == 1:
            return word
        words = [word]
        with self._reaching():
            dist.broadcast_object_list(words, src=0)
        return words[0]

    def gather(self, word: T) -> list[T]:
        """What all say, in their order, in the first process; nothing in the others."""
        if self.count == 1:
            return [word]
        words: list[Any] = [None] * self.count
        with self._reaching():
            dist.gather_object(word, words if self.first else None)
        return words if self.first else []

    @contextmanager
    def together(self) -> Iterator["Talk"]:
        """For what all processes do, or one of them for all, without calling each other: UserError in one is raised in
        all of them, which end with its status when the first has told it. So does the end of the program."""
        talk = Talk()
        if self.count == 1:
            yield talk
            talk.heard = [] if talk.say is None else [talk.say]
            return
        own: UserError | SystemExit | None = None
        try:
            yield talk
        except (UserError, SystemExit) as error:
            own = error
        # As one word, because asking takes time.
        told = self.told((_fault(own), None) if own else None if talk.say is None else (None, talk.say))
        faults = [fault for fault, _ in told if fault]
        if faults:
            self._ending = True
            raise own if own and self.first else _error(*faults[0], told_elsewhere=not self.first)
        talk.heard = [word for _, word in told]

    # Tensors

    def compute_on(self, device: torch.device) -> None:
        """Let tensors of GPUs go from one to the other, where each process has one of its own."""
        if self.count == 1:
            return
        own = None
        if device.type == "cuda" and dist.is_nccl_available():
            own = f"{platform.node()} {torch.cuda.get_device_properties(device).uuid}"
        devices = self.told(own)
        if len(set(devices)) == self.count:
            with self._reaching():
                self._devices = dist.new_group(backend="nccl")

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """The sum of the tensors that the processes have, all of one shape. Has no gradient."""
        if self.count == 1:
            return tensor
        total = tensor.detach().clone(memory_format=torch.contiguous_format)
        self._reduce(total)
        return total

    def mean(self, tensor: torch.Tensor) -> torch.Tensor:
        """The mean of the tensors that the processes have, all of one shape. Has no gradient."""
        return tensor if self.count == 1 else self.sum(tensor) / self.count

    def average_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Put the mean over the processes in the place of each gradient. They travel in one piece."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        self._reduce(flat)
        flat /= self.count
        for gradient, part in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(part.view(gradient.shape))

    def spread(self, tensors: Iterable[torch.Tensor]) -> None:
        """Overwrite tensors with those that the first process has."""
        if self.count == 1:
            return
        for tensor in tensors:
            own = tensor if tensor.device.type in ("cpu", "cuda") else tensor.cpu()
            with self._reaching():
                dist.broadcast(own, src=0, group=self._group(own))
            if own is not tensor:
                tensor.copy_(own)

    def _reduce(self, tensor: torch.Tensor, operation: Any = dist.ReduceOp.SUM) -> None:
        """In place; sums go over the CPU where no one else can carry them (MPS)."""
        own = tensor if tensor.device.type in ("cpu", "cuda") else tensor.cpu()
        with self._reaching():
            dist.all_reduce(own, operation, group=self._group(own))
        if own is not tensor:
            tensor.copy_(own)

    def _group(self, tensor: torch.Tensor) -> Any:
        return self._devices if tensor.is_cuda else None

    # The end

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """What is raised when another process does not answer; whoever has met that calls nobody any more."""
        try:
            if self._lost:
                raise RuntimeError("lost before")
            yield
        except RuntimeError as error:
            self._lost = True
            told = "another process of this run has ended or can't be reached any more: see what it, or torchrun, says"
            raise _error(RunError.status, told, told_elsewhere=not self.first) from error

    def leave(self) -> None:
        """No more of them. Where all end for the same reason, none does before the first has told it: torchrun ends
        the others when one has ended."""
        if self._ending and not self._lost:
            with suppress(UserError):
                self.wait_for_all()
        dist.destroy_process_group()


def _fault(error: UserError | SystemExit) -> tuple[int, str]:
    """What is to be known of an error elsewhere: the status of a process that ends with it, and what it tells."""
    if isinstance(error, UserError):
        return error.status, str(error)
    return (error.code if isinstance(error.code, int) else int(error.code is not None)), ""


def _error(status: int, told: str, told_elsewhere: bool) -> UserError | SystemExit:
    if not told:
        return SystemExit(status)
    error = RunError(told) if status == RunError.status else UserError(told)
    error.told_elsewhere = told_elsewhere
    return error


_here = Processes()


def here() -> Processes:
    """The processes of the run that this one is part of: itself alone, but within `joined`."""
    return _here


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes that torchrun started, or this one alone."""
    global _here
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    rank, count, local, local_count = (int(os.environ.get(name, 0)) for name in names)
    if count <= 1:
        yield Processes()
        return
    store = _of_this_start(next(dist.rendezvous("env://"))[0], rank, count)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=count, timeout=PATIENCE)
    _here = Processes(rank, count, local, max(1, local_count))
    # A machine that came later counts fewer.
    restarts = _here.highest(int(os.environ.get(RESTARTS, 0)))
    os.environ[RESTARTS] = str(restarts)
    try:
        yield _here
    finally:
        processes, _here = _here, Processes()
        processes.leave()


def _of_this_start(store: dist.Store, rank: int, count: int) -> dist.Store:
    """The part of torchrun's store that is this start's: when it starts processes again, the store may still hold the
    addresses of those before, which can't be told from new ones."""
    own = uuid4().hex
    if rank == 0:
        store.set("start", own)
        answers = [store.get(f"{own}/{other}").decode() for other in range(1, count)]
        store.set(f"{own}/answers", " ".join(answers))
        return dist.PrefixStore(own, store)
    while True:
        start = store.get("start").decode()
        store.set(f"{start}/{rank}", own)
        if store.check([f"{start}/answers"]) and own in store.get(f"{start}/answers").decode():
            return dist.PrefixStore(start, store)
        sleep(0.05)
