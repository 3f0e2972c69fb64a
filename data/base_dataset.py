"""What all data sets share: they are indexed by (epoch, index), and every random choice follows from that."""
import argparse
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from data.bad_images import report
from data.cache import Cache, cache_folder
from data.image_folder import BadImage
from data.index import indexed_images
from data.picture import Picture
from data.transforms import Transform
from util.errors import UserError

ATTEMPTS = 10  # to find an item that can be read, before the whole data set is given up
PATIENCE = 60  # seconds to wait for data that is gone


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
    `__len__`, `names`, `files` and `item`.

    In training, an item that can't be read is replaced by another one, always the same.
    """

    sides: tuple[str, ...] = ("A", "B")  # what an item holds
    from_shards = False  # whether its sides are no more than images, which can come from shards as well

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        """Add the data set's own options and change defaults."""
        return parser

    def __init__(self, opt: argparse.Namespace) -> None:
        if not opt.dataroot:
            raise UserError("no data: give --dataroot FOLDER")
        self.root = Path(opt.dataroot)
        self.seed: int = opt.seed
        self.isTrain: bool = opt.isTrain
        self.limit: float = opt.max_dataset_size
        self.serial_batches: bool = opt.serial_batches
        self.phase: str = opt.phase
        # Channels by the side on disk: input_nc belongs to the side that --direction starts from.
        forwards = opt.direction == "AtoB"
        self.channels_A: int = opt.input_nc if forwards else opt.output_nc
        self.channels_B: int = opt.output_nc if forwards else opt.input_nc
        self.transform = Transform.from_options(opt)
        self.cache = Cache()
        self.index = cache_folder(opt.cache_dir) / "index" if opt.isTrain else None

    @abstractmethod
    def __len__(self) -> int:
        """Images (or pairs) in an epoch."""

    @abstractmethod
    def names(self) -> list[str]:
        """What to call the result of each item: a path without suffix."""

    @abstractmethod
    def files(self) -> Mapping[str, Sequence[Path | str]]:
        """The images on disk that items are made of, by side."""

    @abstractmethod
    def item(self, index: int, transform: Transform, rng: np.random.Generator) -> dict[str, Any]:
        """Item `index`: uint8 tensors (C, H, W), made by `transform`, and paths; all chance comes from `rng`."""

    def listed(self, folder: Path) -> list[str]:
        """All images below a folder, as text: paths take several times the memory, in each of the processes that load.

        Raises UserError if there are none.
        """
        return indexed_images(folder, self.index, self.limit)

    def picture(self, path: Path | str, channels: int, transform: Transform) -> Picture:
        """What the random steps of a transform start from, of an image file."""
        how = f"{channels} {transform.preparation}"
        return self.cache.get([path], how, lambda: (transform.read(path, channels),))[0]

    def __getitem__(self, place: Place | int) -> dict[str, Any]:
        """The item of a place; a plain index means that of the first epoch. In training it has "bad_images" besides:
        a `report` of images that could not be read, and for which another item stands in.

        Raises UserError where nothing can stand in: in testing, and where one after the other can't be read.
        """
        if not isinstance(place, Place):
            place = Place(1, place)
        transform = self.transform if place.size is None else self.transform.for_size(place.size)
        self.cache.begin(place.size)
        seed = [self.seed, place.epoch, place.index]
        faults: list[BadImage] = []
        while True:
            rng = np.random.default_rng([*seed, len(faults)] if faults else seed)
            index = int(rng.integers(len(self))) if faults else place.index
            try:
                item = self.item(index, transform, rng)
            except BadImage as fault:
                if self._was_away():
                    continue
                faults.append(fault)
                if not self.isTrain or len(faults) == ATTEMPTS:
                    raise UserError(str(faults[0])) from fault
            else:
                return item | {"bad_images": report(faults)} if self.isTrain else item

    def _was_away(self) -> bool:
        """Whether all data was gone for a while, as on a disk that comes and goes, and is there again. Raises UserError
        if it does not come back."""
        if self.root.exists():
            return False
        for _ in range(PATIENCE):
            sleep(1)
            if self.root.exists():
                return True
        raise UserError(f"{self.root} is gone: bring it back")
