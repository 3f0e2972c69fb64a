"""What is learned from: one file a way of pairing, found by its name (`--dataset_mode NAME` →
data/NAME_dataset.py). Imports nothing of models."""
import argparse
import sys
from contextlib import suppress
from pathlib import Path

import torch

from data.base_dataset import BaseDataset, Place
from data.cache import DiskCache, RamCache, cache_folder
from data.loader import ImageLoader
from data.shard_loader import open_shards
from data.shards import names_shards
from util.distributed import here
from util.errors import UserError
from util.plugins import find_class, plugin_names
from util.stages import Stage, plan_stages

SAMPLES = 16  # images that tell how large the others are

__all__ = ["BaseDataset", "ImageLoader", "Place", "create_dataset", "dataset_modes", "find_dataset"]


def dataset_modes() -> list[str]:
    """The data sets there are."""
    return plugin_names(Path(__file__).parent, "dataset")


def find_dataset(name: str) -> type[BaseDataset]:
    """The class of --dataset_mode NAME. Raises UserError, with what exists, for an unknown name."""
    return find_class("data", Path(__file__).parent, name, "dataset", BaseDataset)  # type: ignore[type-abstract]


def create_dataset(opt: argparse.Namespace) -> ImageLoader:
    """The batches that the options ask for, an epoch each time it is iterated."""
    pin_memory = bool(opt.gpu_ids) and torch.cuda.is_available()
    if opt.isTrain and opt.dataroot and names_shards(opt.dataroot):
        return open_shards(opt, find_dataset(opt.dataset_mode).sides, pin_memory, here())
    dataset = find_dataset(opt.dataset_mode)(opt)
    if opt.isTrain:
        _keep_pictures(dataset, opt)
    stages = plan_stages(opt) if opt.isTrain else [Stage(1, opt.fineSize, opt.batch_size, 0, 1, 0)]
    most_bad = opt.max_bad_images if opt.isTrain else 0.0
    return ImageLoader(
        dataset, stages, opt.num_threads, not opt.serial_batches, opt.seed, pin_memory, most_bad, here()
    )


def _keep_pictures(dataset: BaseDataset, opt: argparse.Namespace) -> None:
    """Give the data set the cache that --cache asks for, and say how far it will reach."""
    if opt.cache == "disk":
        dataset.cache = DiskCache(cache_folder(opt.cache_dir) / "pictures")
    if opt.cache != "ram":
        return
    if opt.num_threads and sys.platform != "linux":
        raise UserError("--cache ram needs Linux to share memory between processes: add --num_threads 0, or give "
                        "--cache disk")  # fmt: skip
    images = sum(map(len, dataset.files().values()))
    cache = dataset.cache = RamCache(round(opt.cache_gb * 1e9), images)
    tried = sorted({n * len(dataset) // SAMPLES for n in range(SAMPLES)})
    for index in tried:
        with suppress(UserError):  # what can't be read is told when its turn comes
            dataset[Place(1, index, opt.fineSize)]
    if cache.kept:
        fit = int(cache.limit / (cache.used / cache.kept))
        rest = "" if fit >= images else ": the others are decoded anew each time, unless --cache_gb is larger"
        print(f"{min(fit, images)} of {images} images fit into --cache_gb {opt.cache_gb:g}{rest}")
