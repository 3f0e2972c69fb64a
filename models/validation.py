"""How well a run colors drawings that it does not learn from, while it trains."""
import argparse
import math
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from tqdm import tqdm

from data.image_folder import list_images, read_image, result_names
from data.transforms import PageScale
from models.base_model import BaseModel, bare
from models.page_colorizer import PageColorizer
from models.trained import needs_eval
from util.cores import helper_threads
from util.distributed import here
from util.errors import UserError
from util.label_maps import read_label_map, read_paper, scaled_labels
from util.metrics import METRICS, measure

Figures = dict[str, float]


class Validation:
    """Measures what a model's generator, with its averaged weights if there are any, makes of the drawings in valA. The
    colorings of the same names in valB are the truth, with the label maps in valL, as far as these are there.

    Nothing of the training changes by that: a network of its own colors, and draws no random numbers.

    history: what was found, in order: images that the run had seen, and the mean of each metric. best: the lowest loss
    of the metric that chooses, and at which number of images.
    """

    def __init__(self, opt: argparse.Namespace, model: BaseModel) -> None:
        self.model, self.frequency = model, opt.val_freq
        root = Path(opt.val_dataroot or opt.dataroot)
        drawings, truths, labels, panels, texts = (_by_name(root / f"val{kind}") for kind in "ABLPT")
        paired = [name for name in drawings if name in truths]  # figures are means over the same drawings
        if truths and not paired:
            print(f"warning: {root / 'valB'} has no coloring of the name of a drawing in valA: nothing is compared")
        self.drawings = {name: drawings[name] for name in _spread(paired or list(drawings), opt.val_images)}
        self.truths = {name: truths[name] for name in self.drawings if name in truths}
        self.labels = {name: labels[name] for name in self.truths if name in labels}
        self.papers = {name: (panels[name], texts[name]) for name in self.drawings if name in panels and name in texts}
        self.metric: str = opt.best_metric or ("ciede2000_colored" if self.truths else "colorfulness")
        self.history: list[tuple[int, Figures]] = []
        self.best: tuple[float, int] | None = None
        self.name = "G_A" if "G_A" in model.model_names else "G"
        with torch.random.fork_rng(devices=[]):  # from which layers draw weights when they are made
            net = model.new_G(opt.input_nc, opt.output_nc, getattr(opt, "netG_A", None), torch.Generator())
        self.colorizer = PageColorizer(
            net, opt.input_nc, PageScale.from_options(vars(opt)), model.device, keep_lines=False,
            eval_norms=needs_eval(vars(opt) | {"processes": here().count}), precision=opt.precision,
        )

    def run(self, images: int) -> bool:
        """Measure the generator as it is after so many images; whether it is the best so far. Drawings that can't be
        measured are left out, and a line says so."""
        average = self.model.averages.get(self.name)
        net: nn.Module = bare(self.model.networks()[self.name])
        self.colorizer.net.load_state_dict(average.weights if average else net.state_dict())
        figures, faults = self._figures()
        if faults:
            tqdm.write(f"warning: validation leaves out {len(faults)} of {len(self.drawings)} drawings: {faults[0]}")
        found = {key: _mean([each[key] for each in figures if key in each]) for key in METRICS}
        self.history.append((images, {key: value for key, value in found.items() if not math.isnan(value)}))
        loss = METRICS[self.metric].loss(found[self.metric])
        improved = not math.isnan(loss) and (self.best is None or loss < self.best[0])
        if improved:
            self.best = loss, images
        return improved

    @property
    def latest(self) -> Figures:
        """The figures that were found last."""
        return self.history[-1][1] if self.history else {}

    @property
    def loss(self) -> float | None:
        """That of the metric that chooses, the lower the better, when it was found last; None if it tells none."""
        loss = METRICS[self.metric].loss(self.latest.get(self.metric, math.nan))
        return None if math.isnan(loss) else loss

    def curves(self) -> dict[str, list[tuple[int, float]]]:
        """How each metric went, by its title, once it was found twice: images that the run had seen, and the figure."""
        found = {METRICS[key].title: [(images, each[key]) for images, each in self.history if key in each]
                 for key in METRICS}  # fmt: skip
        return {title: points for title, points in found.items() if len(points) > 1}

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history, "best": self.best, "metric": self.metric}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        self.history = [(int(images), dict(figures)) for images, figures in state["history"]]
        best = state["best"] if state.get("metric", self.metric) == self.metric else None  # of another, nothing is kept
        self.best = best and (float(best[0]), int(best[1]))

    def _figures(self) -> tuple[list[Figures], list[UserError]]:
        """Of each drawing that can be measured, and what is wrong with the others. What is not the network's work is
        done by threads, a few drawings at a time; not beside the network, which wants all cores."""
        read, color, measured = (_passing_on_faults(step) for step in (self._read, self._color, self._measure))
        names, threads = list(self.drawings), helper_threads()
        results: list[Figures | UserError] = []
        # What threads that read images silence, each for itself, may stay silent: put back here.
        with warnings.catch_warnings(), ThreadPoolExecutor(threads) as pool:
            for start in range(0, len(names), 4 * threads):
                drawings = list(pool.map(read, names[start : start + 4 * threads]))
                results += pool.map(measured, [color(drawing) for drawing in drawings])
        faults = [each for each in results if isinstance(each, UserError)]
        return [each for each in results if not isinstance(each, UserError)], faults

    def _read(self, name: str) -> "_Drawing":
        page = read_image(self.drawings[name])
        seen = self.colorizer.prepare(page)
        return _Drawing(name, _scaled(page, (seen.shape[1], seen.shape[0])), seen)

    def _color(self, drawing: "_Drawing") -> "_Drawing":
        return replace(drawing, pixels=self.colorizer.run(drawing.pixels).coloring)

    def _measure(self, drawing: "_Drawing") -> Figures:
        name, result = drawing.name, drawing.pixels
        result = np.repeat(result[..., None], 3, axis=2) if result.ndim == 2 else result
        size = (result.shape[1], result.shape[0])
        truth = _scaled(read_image(self.truths[name]), size) if name in self.truths else None
        labels = scaled_labels(read_label_map(self.labels[name]), size) if name in self.labels else None
        paper = scaled_labels(read_paper(*self.papers[name]), size) if name in self.papers else None
        return measure(result, truth, drawing.scan, labels, paper)


@dataclass(frozen=True)
class _Drawing:
    """scan: (h, w, 3) uint8, at the size at which it is colored. pixels: what the network sees of it, then what it
    makes of that."""

    name: str
    scan: np.ndarray
    pixels: np.ndarray


def can_validate(opt: argparse.Namespace) -> bool:
    """Whether there are drawings to validate with, and a generator that colors drawings."""
    root = Path(opt.val_dataroot or opt.dataroot)
    return opt.val_freq > 0 and opt.direction == "AtoB" and bool(_by_name(root / "valA"))


def _by_name(folder: Path) -> dict[str, Path]:
    """The images of a folder; none if it has none, or does not exist."""
    try:
        paths = list_images(folder)
    except UserError:
        return {}
    return dict(zip(result_names(paths, folder), paths, strict=True))


def _spread(names: list[str], most: int) -> list[str]:
    """So many of them at most, evenly spread."""
    return names if len(names) <= most else [names[n * len(names) // most] for n in range(most)]


def _passing_on_faults(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step that gives what was wrong with its item in place of a result, and passes such an item on."""

    def passing_on(item: Any) -> Any:
        try:
            return item if isinstance(item, UserError) else step(item)
        except UserError as fault:
            return fault

    return passing_on


def _scaled(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    image = image.convert("RGB")
    return np.asarray(image if image.size == size else image.resize(size, Image.Resampling.BICUBIC))


def _mean(values: list[float]) -> float:
    """Over those that are numbers; nan if none is."""
    numbers = [value for value in values if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan
