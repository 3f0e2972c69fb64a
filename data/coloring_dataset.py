"""Colorings alone: what a model learns from that makes its own scans of them."""
import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.base_dataset import BaseDataset
from data.image_folder import common_folder, is_list, read_list, result_names
from data.index import indexed_images
from data.transforms import Transform
from util.errors import UserError


class ColoringDataset(BaseDataset):
    """`--dataroot` is a folder of images, a list of images (.txt or .lst), or a data set whose PHASEB is meant.

    In training, drawings are varied strongly unless options say otherwise: colorings are plenty, but no two pages
    show a thing from the same side.
    """

    sides = ("B",)
    from_shards = True

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        if is_train:
            parser.set_defaults(
                resize_or_crop="random_part", rotation=45.0, perspective=0.667, blur_p=0.25, erasing_p=0.5
            )
        return parser

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        # A coloring is what is to come out, whatever the direction.
        self.channels: int = opt.output_nc
        self.paths, self.folder = _listed(self.root, self.phase, self.limit, self.index)

    def __len__(self) -> int:
        return len(self.paths)

    def names(self) -> list[str]:
        return _names(self.paths, self.folder)

    def files(self) -> dict[str, Sequence[str]]:
        return {"B": self.paths}

    def item(self, index: int, transform: Transform, rng: np.random.Generator) -> dict[str, Any]:
        path = self.paths[index]
        picture = self.picture(path, self.channels, transform)
        return {"B": transform.finish(picture, transform.draw(rng)), "B_paths": path}


def find_colorings(root: Path, phase: str, limit: float = float("inf")) -> dict[str, str]:
    """The colorings that `--dataroot` means, at most `limit`, in order, and what to call the result of each."""
    paths, folder = _listed(root, phase, limit)
    return dict(zip(paths, _names(paths, folder), strict=True))


def _listed(root: Path, phase: str, limit: float, index: Path | None = None) -> tuple[list[str], Path | None]:
    """The paths of the colorings, and the folder that they were found in; None for those of a list."""
    if is_list(root):
        return read_list(root, limit), None
    side = root / f"{phase}B"
    phases = [phase for phase in ("train", "val", "test") if (root / f"{phase}B").is_dir()]
    if phases and not side.is_dir():
        raise UserError(f"no folder {side}: choose one of --phase {', '.join(phases)}, or give a folder of images")
    if root.is_file():
        raise UserError(f"{root} is no list of images: give one (.txt or .lst), or a folder")
    folder = side if side.is_dir() else root
    return indexed_images(folder, index, limit), folder


def _names(paths: list[str], folder: Path | None) -> list[str]:
    return result_names([Path(path) for path in paths], folder or common_folder(paths))
