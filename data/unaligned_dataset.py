"""Two folders of images that are no pairs: scans in PHASEA, colorings in PHASEB."""
import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.base_dataset import BaseDataset
from data.image_folder import result_names
from data.transforms import Transform


class UnalignedDataset(BaseDataset):
    """An epoch goes once through the larger domain; the smaller one goes round.

    The image of B is drawn at random, with --serial_batches taken in order.
    """

    from_shards = True

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        self.A_paths = self.listed(self.root / f"{self.phase}A")
        self.B_paths = self.listed(self.root / f"{self.phase}B")

    def __len__(self) -> int:
        return max(len(self.A_paths), len(self.B_paths))

    def names(self) -> list[str]:
        # The larger domain's: each of its images comes up once.
        paths = max(self.A_paths, self.B_paths, key=len)
        side = "A" if paths is self.A_paths else "B"
        return result_names([Path(path) for path in paths], self.root / f"{self.phase}{side}")

    def files(self) -> dict[str, Sequence[str]]:
        return {"A": self.A_paths, "B": self.B_paths}

    def item(self, index: int, transform: Transform, rng: np.random.Generator) -> dict[str, Any]:
        A_path = self.A_paths[index % len(self.A_paths)]
        B_index = index if self.serial_batches else int(rng.integers(len(self.B_paths)))
        B_path = self.B_paths[B_index % len(self.B_paths)]
        return {
            "A": transform.finish(self.picture(A_path, self.channels_A, transform), transform.draw(rng)),
            "B": transform.finish(self.picture(B_path, self.channels_B, transform), transform.draw(rng)),
            "A_paths": A_path,
            "B_paths": B_path,
        }
