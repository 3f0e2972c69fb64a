"""Images alone, one side only: what is to be colored."""
import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.base_dataset import BaseDataset
from data.image_folder import common_folder, is_list, list_images, read_list, result_names
from data.transforms import Transform
from util.errors import UserError


class SingleDataset(BaseDataset):
    """`--dataroot` is a folder of images, one image, a list of images (.txt or .lst), or a data set whose PHASEA
    (PHASEB with --direction BtoA) is meant."""

    sides = ("A",)

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        self.channels: int = opt.input_nc
        self.folder = source_folder(self.root, self.phase, opt.direction)
        if is_list(self.root):
            self.paths = [Path(path) for path in read_list(self.root, self.limit)]
            self.folder = common_folder(self.paths)
        elif self.root.is_file():
            self.folder = self.root.parent
            self.paths = [self.root]
        else:
            self.paths = list_images(self.folder, self.limit)

    def __len__(self) -> int:
        return len(self.paths)

    def names(self) -> list[str]:
        return result_names(self.paths, self.folder)

    def files(self) -> dict[str, Sequence[Path]]:
        return {"A": self.paths}

    def item(self, index: int, transform: Transform, rng: np.random.Generator) -> dict[str, Any]:
        path = self.paths[index]
        picture = self.picture(path, self.channels, transform)
        return {"A": transform.finish(picture, transform.draw(rng)), "A_paths": str(path)}


def source_folder(root: Path, phase: str, direction: str) -> Path:
    """Where the images are: in PHASEA (PHASEB with BtoA) of a data set, else in `root` itself.

    Raises UserError for a data set without this phase, and for one of pairs.
    """
    side = root / f"{phase}{direction[0]}"
    if side.is_dir():
        return side
    phases = _phases(root)
    if phases:
        raise UserError(f"no folder {side}: choose one of --phase {', '.join(phases)}, or give a folder of images")
    if (root / "train").is_dir() and (root / phase).is_dir():
        raise UserError(
            f"{root} holds scans and colorings side by side: add --model pix2pix to color the scans in "
            f"{root / phase}, or give a folder of scans alone"
        )
    return root


def _phases(root: Path) -> list[str]:
    """The phases of a data set of two sides; none if `root` is something else, such as a folder of volumes."""
    return [phase for phase in ("train", "val", "test") if all((root / f"{phase}{side}").is_dir() for side in "AB")]
