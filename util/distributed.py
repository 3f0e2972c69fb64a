"""Several processes of one run, as torchrun starts them."""
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch.distributed as dist

# Processes wait for the slowest: a share of a shelf of volumes may take days on a CPU.
PATIENCE = timedelta(days=30)


@dataclass(frozen=True)
class Processes:
    """rank: the number of this process, from 0, of `count`. local_rank: its number on this machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the process that speaks and puts things together."""
        return self.rank == 0

    def wait_for_all(self) -> None:
        """Come back when all processes are here."""
        if self.count > 1:
            dist.monitored_barrier(timeout=PATIENCE)


@contextmanager
def joined() -> Iterator[Processes]:
    """The processes that torchrun started, or this one alone."""
    rank, count, local = (int(os.environ.get(name, 0)) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    if count <= 1:
        yield Processes()
        return
    dist.init_process_group("gloo")
    try:
        yield Processes(rank, count, local)
    finally:
        dist.destroy_process_group()
