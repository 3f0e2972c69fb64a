"""Batches in an order that follows from seed and epoch alone, however many workers read them."""
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from data.base_dataset import BaseDataset, Place
from util.cores import usable_cores
from util.errors import UserError
from util.stages import Stage, stage_at


class EpochSampler(Sampler[list[Place]]):
    """The places of one epoch in batches of its stage: all indices, shuffled by (seed, epoch) or in order, after the
    first `skip`."""

    def __init__(self, length: int, shuffle: bool, seed: int, stages: Sequence[Stage]) -> None:
        self.length, self.shuffle, self.seed, self.stages = length, shuffle, seed, stages
        self.epoch, self.skip = 1, 0

    def __len__(self) -> int:
        return -(-(self.length - self.skip) // stage_at(self.stages, self.epoch).batch_size)

    def __iter__(self) -> Iterator[list[Place]]:
        stage = stage_at(self.stages, self.epoch)
        order = np.arange(self.length)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(self.skip, self.length, stage.batch_size):
            yield [Place(self.epoch, int(i), stage.size) for i in order[start : start + stage.batch_size]]


class ImageLoader:
    """Iterate it for the batches of one epoch, and again for the next: dicts of tensors (N, C, H, W) and lists of
    paths.

    num_threads: worker processes, never more than this machine has cores; 0 reads in this process. pin_memory: hand
    out tensors that a GPU can fetch by itself.
    """

    def __init__(
        self, dataset: BaseDataset, stages: Sequence[Stage], num_threads: int, shuffle: bool, seed: int,
        pin_memory: bool = False,
    ) -> None:  # fmt: skip
        self.dataset = dataset
        self.sampler = EpochSampler(len(dataset), shuffle, seed, stages)
        workers = min(num_threads, usable_cores())
        self.loader: DataLoader[dict[str, Any]] = DataLoader(
            dataset, batch_sampler=self.sampler, num_workers=workers, persistent_workers=workers > 0,
            pin_memory=pin_memory,
            generator=torch.Generator(),  # else each epoch takes a number from the global one
        )  # fmt: skip

    def start(self, epoch: int, skip: int = 0) -> None:
        """Choose the epoch that the next iteration gives, and how many of its images to leave out in front."""
        self.sampler.epoch, self.sampler.skip = epoch, skip

    def __len__(self) -> int:
        """Images (or pairs) in an epoch."""
        return len(self.dataset)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        try:
            yield from self.loader
            self.start(self.sampler.epoch + 1)
        except UserError as error:
            # A worker's error arrives with the worker's traceback in its text: the message comes last.
            raise UserError(str(error).rpartition(f"\n{UserError.__module__}.UserError: ")[2].strip()) from error
