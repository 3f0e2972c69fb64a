"""Runs color the drawings that they are compared on."""
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from data.image_folder import read_image
from models.page_colorizer import PageColorizer
from models.trained import saved_options
from scripts.evaluation.sources import Pictures
from util.errors import UserError
from util.images import save_image


def color_drawings(
    run: Path, title: str, drawings: Pictures, folder: Path, *, epoch: str, full_pages: bool, device: str | None,
    averaged: bool = True,
) -> Pictures:  # fmt: skip
    """What a run makes of drawings, by their names, in `folder`/`title`.

    full_pages: pages as test.py gives them, at their own size with their own ink; else what the network alone gives,
    at the size that it works at. device: None for the best one there is. averaged: with averaged weights, where there
    are any. Raises UserError for weights or drawings that can't be used.
    """
    if Path(title).name != title:
        raise UserError(f"{title} can't be the name of a folder: give the run another title, TITLE={run}")
    if saved_options(run).get("direction") == "BtoA":
        raise UserError(f"{run} does not color valA (--direction BtoA): give its results, {title}=FOLDER")
    colorizer = PageColorizer.from_checkpoint(run, _device(device), epoch=epoch, averaged=averaged)
    results = {}
    for name, path in tqdm(drawings.items(), desc=title, unit="drawing", disable=None):
        page = read_image(path)
        coloring = colorizer.colorize(page) if full_pages else _network_alone(colorizer, page)
        results[name] = folder / title / f"{name}.png"
        results[name].parent.mkdir(parents=True, exist_ok=True)
        save_image(coloring, results[name])
    return results


def _network_alone(colorizer: PageColorizer, page: Image.Image) -> np.ndarray:
    return colorizer.run(colorizer.prepare(page.convert("L"))).coloring


def _device(name: str | None) -> torch.device | None:
    try:
        return None if name is None else torch.device(name)
    except RuntimeError as error:
        raise UserError(f"--device {name} is no device: give cpu, cuda or cuda:1, for example") from error
