"""What is learned from: one file a way of pairing, found by its name (`--dataset_mode NAME` →
data/NAME_dataset.py). Imports nothing of models."""
import argparse
from pathlib import Path

import torch

from data.base_dataset import BaseDataset, Place
from data.loader import ImageLoader
from data.shard_loader import open_shards
from data.shards import names_shards
from util.distributed import here
from util.plugins import find_class, plugin_names
from util.stages import Stage, plan_stages

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
    stages = plan_stages(opt) if opt.isTrain else [Stage(1, opt.fineSize, opt.batch_size, 0, 1, 0)]
    most_bad = opt.max_bad_images if opt.isTrain else 0.0
    return ImageLoader(
        dataset, stages, opt.num_threads, not opt.serial_batches, opt.seed, pin_memory, most_bad, here()
    )
