"""What all data sets share: they are indexed by (epoch, index), and every random choice follows from that."""
import argparse
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from data.transforms import Transform
from util.errors import UserError


@dataclass(frozen=True)
class Place:
    """Which item of which epoch: what random choices are seeded with, besides --seed.

    size: side of the training images at that time, in pixels; None leaves it to the options.
    """

    epoch: int
    index: int
    size: int | None = None


class BaseDataset(Dataset[dict[str, Any]], ABC):
    """To add a data set, write data/NAME_dataset.py with a class NameDataset(BaseDataset) that implements
    `__len__`, `names` and `item`."""

    sides: tuple[str, ...] = ("A", "B")  # what an item holds

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        """Add the data set's own options and change defaults."""
        return parser

    def __init__(self, opt: argparse.Namespace) -> None:
        if not opt.dataroot:
            raise UserError("no data: give --dataroot FOLDER")
        self.root = Path(opt.dataroot)
        self.seed: int = opt.seed
        self.limit: float = opt.max_dataset_size
        self.serial_batches: bool = opt.serial_batches
        self.phase: str = opt.phase
        # Channels by the side on disk: input_nc belongs to the side that --direction starts from.
        forwards = opt.direction == "AtoB"
        self.channels_A: int = opt.input_nc if forwards else opt.output_nc
        self.channels_B: int = opt.output_nc if forwards else opt.input_nc
        self.transform = Transform.from_options(opt)

    @abstractmethod
    def __len__(self) -> int:
        """Images (or pairs) in an epoch."""

    @abstractmethod
    def names(self) -> list[str]:
        """What to call the result of each item: a path without suffix."""

    @abstractmethod
    def item(self, index: int, transform: Transform, rng: np.random.Generator) -> dict[str, Any]:
        """Item `index`: tensors (C, H, W) in [-1, 1], made by `transform`, and paths; all chance comes from `rng`."""

    def __getitem__(self, place: Place | int) -> dict[str, Any]:
        """The item of a place; a plain index means that of the first epoch."""
        if not isinstance(place, Place):
            place = Place(1, place)
        transform = self.transform if place.size is None else self.transform.for_size(place.size)
        return self.item(place.index, transform, np.random.default_rng([self.seed, place.epoch, place.index]))
