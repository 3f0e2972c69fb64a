"""Pairs: side by side in one image (folder PHASE), or under the same name in PHASEA and PHASEB."""
import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data.base_dataset import BaseDataset
from data.image_folder import BadImage, list_images, read_image, read_reduced, result_names, to_paper
from data.picture import Picture
from data.transforms import Transform
from util.errors import UserError


class AlignedDataset(BaseDataset):
    """Both sides of a pair are scaled, cropped and mirrored alike."""

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        side_by_side, sides = self.root / self.phase, [self.root / f"{self.phase}{s}" for s in "AB"]
        if side_by_side.is_dir():
            self.folder = side_by_side
            self.pairs: list[tuple[Path, Path]] = [(path, path) for path in map(Path, self.listed(side_by_side))]
        elif all(side.is_dir() for side in sides):
            self.folder = sides[0]
            self.pairs = _match(*sides)
            self.pairs = self.pairs[: int(min(self.limit, len(self.pairs)))]
        else:
            raise UserError(
                f"no pairs: give {side_by_side} with images that hold scan and coloring side by side, "
                f"or {sides[0]} and {sides[1]} with the same file names"
            )

    def __len__(self) -> int:
        return len(self.pairs)

    def names(self) -> list[str]:
        return result_names([A_path for A_path, _ in self.pairs], self.folder)

    def files(self) -> dict[str, Sequence[Path]]:
        A_paths, B_paths = zip(*self.pairs, strict=True)
        return {"pairs": A_paths} if A_paths == B_paths else {"A": A_paths, "B": B_paths}

    def item(self, index: int, transform: Transform, rng: np.random.Generator) -> dict[str, Any]:
        A_path, B_path = self.pairs[index]
        how = f"{self.channels_A} {self.channels_B} {transform.preparation}"
        A, B = self.cache.get([A_path, B_path], how, lambda: self._pictures(A_path, B_path, transform))
        draw = transform.draw(rng)
        return {
            "A": transform.finish(A, draw),
            "B": transform.finish(B, draw),
            "A_paths": str(A_path),
            "B_paths": str(B_path),
        }

    def _pictures(self, A_path: Path, B_path: Path, transform: Transform) -> tuple[Picture, Picture]:
        """Both sides of a pair, B at the size of A."""
        if A_path == B_path:
            return _read_halves(A_path, transform, (self.channels_A, self.channels_B))
        A, B = transform.read(A_path, self.channels_A), transform.read(B_path, self.channels_B)
        if A.size != B.size:
            fitted = read_image(B_path, self.channels_B).resize(A.size, Image.Resampling.BICUBIC)
            B = transform.prepare(fitted, A.size)
        return A, B


def _read_halves(path: Path, transform: Transform, channels: tuple[int, int]) -> tuple[Picture, Picture]:
    """The left and the right half of an image; the middle column of an odd width belongs to neither."""

    def enough(size: tuple[int, int]) -> tuple[float, float]:
        if size[0] % 16:  # blocks of pixels, which are made smaller as such, would hold something of both
            return size
        width, height = transform.enough((size[0] // 2, size[1]))
        return 2 * width, height

    both, (width, height), reduced = read_reduced(path, max(channels), enough)
    if width < 2:
        raise BadImage(path, "too narrow to hold a scan and a coloring side by side")
    size, half = (width // 2, height), both.width // 2
    left, right = both.crop((0, 0, half, both.height)), both.crop((both.width - half, 0, both.width, both.height))
    A, B = to_paper(left, channels[0]), to_paper(right, channels[1])
    return transform.prepare(A, size, reduced), transform.prepare(B, size, reduced)


def _match(A: Path, B: Path) -> list[tuple[Path, Path]]:
    """The images of two folders by their names, where it makes no difference without suffix.

    Raises UserError for one without a partner.
    """
    A_paths, B_paths = _by_name(A), _by_name(B)
    for here, there, folder in ((A_paths, B_paths, B), (B_paths, A_paths, A)):
        lonely = sorted(here.keys() - there.keys())
        if lonely:
            raise UserError(f"{here[lonely[0]]} has no partner in {folder} ({len(lonely)} such): add or remove it")
    return [(A_paths[name], B_paths[name]) for name in A_paths]


def _by_name(folder: Path) -> dict[str, Path]:
    """The images of a folder in natural order; names that would be shared keep their suffix."""
    paths = list_images(folder)
    return dict(zip(result_names(paths, folder), paths, strict=True))
