"""Measuring results: the figures of each image, and what figures of the whole set are computed from."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from data.image_folder import read_image
from scripts.evaluation.sources import Pictures, References
from util.errors import UserError
from util.label_maps import read_label_map, read_paper, scaled_labels
from util.metrics import METRICS, Inception, Metric, Occurrences, Picture, measure, occurrences, palette

FAULTS_NAMED = 5  # of images that can't be measured, in the one line that says so

Scores = dict[str, dict[str, float]]  # picture → metric → figure


@dataclass
class Measured:
    """A set of images: the figures of each, and, by name too, what set figures need of it."""

    scores: Scores = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)  # width and height at which they were measured
    occurrences: dict[str, Occurrences] = field(default_factory=dict)
    palettes: dict[str, np.ndarray] = field(default_factory=dict)
    features: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Ruler:
    """How to measure.

    references: what against. size: the shorter side to which all is scaled; None: to each result's size. colorful:
    whether set figures need palettes. inception: where they need features.
    """

    references: References
    size: int | None = None
    colorful: bool = False
    inception: Inception | None = None

    @property
    def metrics(self) -> dict[str, Metric]:
        """Those that there is something for."""
        there = {
            "truth": self.references.truths, "scan": self.references.scans, "labels": self.references.labels,
            "paper": self.references.panels,
        }  # fmt: skip
        return {name: metric for name, metric in METRICS.items() if all(there[need] for need in metric.needs)}

    def measure(self, results: dict[str, Pictures]) -> tuple[dict[str, Measured], Measured]:
        """All results by title, and the truths themselves as far as that tells something. Raises UserError, naming all
        images that can't be measured: figures without them would look like those of the whole folder."""
        measured: dict[str, Measured] = {title: Measured() for title in results}
        truths = Measured()
        faults: dict[str, None] = {}  # in order, an unreadable truth once
        for name in tqdm(self.references.names, desc="measured", unit="drawing", disable=None):
            drawing = _Drawing(self.references, name)
            for title, path in ((title, paths[name]) for title, paths in results.items() if name in paths):
                try:
                    result = read_image(path)
                    size = result.size if self.size is None else drawing.with_shorter_side(self.size)
                    self._add(measured[title], name, _scaled(result, size), drawing.at(size), path)
                    if name not in truths.scores and self.references.truths:
                        self._add_truth(truths, name, drawing.at(size))
                except UserError as error:
                    faults[str(error)] = None
        if faults:
            rest = f"; and {len(faults) - FAULTS_NAMED} more" if len(faults) > FAULTS_NAMED else ""
            raise UserError("; ".join(list(faults)[:FAULTS_NAMED]) + rest)
        return measured, truths

    def real(self, pictures: Pictures) -> "RealColorings":
        """Of real colorings, what distances from them are computed from. Raises UserError for one that can't be
        read."""
        palettes, features = np.zeros(1), []
        for path in tqdm(pictures.values(), desc="colorings", unit="image", disable=None):
            image = read_image(path)
            scaled = _scaled(image, image.size if self.size is None else _with_shorter_side(image.size, self.size))
            palettes = palettes + palette(scaled)
            if self.inception is not None:
                features.append(self.inception.features(scaled))
        return RealColorings(palettes / len(pictures), features)

    def _add(self, to: Measured, name: str, result: Picture, against: "Against", path: Path) -> None:
        """One result. Raises UserError, naming the file, if it can't be measured."""
        try:
            figures = measure(result, against.truth, against.scan, against.labels, against.paper)
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
        to.scores[name] = {metric: figures.get(metric, np.nan) for metric in self.metrics}
        to.sizes[name] = (result.pixels.shape[1], result.pixels.shape[0])
        self._gather(to, name, result, against.labels)

    def _add_truth(self, truths: Measured, name: str, against: "Against") -> None:
        assert against.truth is not None
        figures = measure(against.truth, scan=against.scan, paper=against.paper)
        truths.scores[name] = {
            name: figures.get(name, np.nan) for name, metric in self.metrics.items() if "truth" not in metric.needs
        }
        self._gather(truths, name, against.truth, against.labels)

    def _gather(self, to: Measured, name: str, image: Picture, labels: np.ndarray | None) -> None:
        if labels is not None:
            owned = [number for number, part in self.references.parts.items() if part.owner is not None]
            to.occurrences[name] = occurrences(image, labels, owned)
        if self.colorful:
            to.palettes[name] = palette(image)
        if self.inception is not None:
            to.features[name] = self.inception.features(image)


@dataclass(frozen=True)
class RealColorings:
    """palette: the mean of what `util.metrics.palette` gives of them; features: of each, empty without a network."""

    palette: np.ndarray
    features: list[np.ndarray]


@dataclass(frozen=True)
class Against:
    """What a result is measured against, at its size."""

    truth: Picture | None
    scan: Picture | None
    labels: np.ndarray | None
    paper: np.ndarray | None


class _Drawing:
    """What there is of one drawing, read once, at the sizes at which it is asked for."""

    def __init__(self, references: References, name: str) -> None:
        self._paths = {
            kind: paths[name]
            for kind, paths in (("truth", references.truths), ("scan", references.scans)) if name in paths
        }  # fmt: skip
        self._label_path = references.labels.get(name)
        self._paper_paths = references.panels.get(name), references.texts.get(name)
        self._images: dict[str, Image.Image] = {}
        self._labels: np.ndarray | None = None
        self._paper: np.ndarray | None = None
        self._sized: dict[tuple[int, int], Against] = {}

    def with_shorter_side(self, side: int) -> tuple[int, int]:
        """Width and height in the drawing's proportions."""
        return _with_shorter_side(next(self._opened())[1].size, side)

    def at(self, size: tuple[int, int]) -> Against:
        if size not in self._sized:
            images = {kind: _scaled(image, size) for kind, image in self._opened()}
            labels = None if self._label_path is None else scaled_labels(self._label_map(self._label_path), size)
            paper = self._paper_map()
            paper = None if paper is None else scaled_labels(paper, size)
            self._sized[size] = Against(images.get("truth"), images.get("scan"), labels, paper)
        return self._sized[size]

    def _opened(self) -> Iterator[tuple[str, Image.Image]]:
        for kind, path in self._paths.items():
            if kind not in self._images:
                self._images[kind] = read_image(path)
            yield kind, self._images[kind]

    def _label_map(self, path: Path) -> np.ndarray:
        if self._labels is None:
            self._labels = read_label_map(path)
        return self._labels

    def _paper_map(self) -> np.ndarray | None:
        panels, text = self._paper_paths
        if self._paper is None and panels is not None and text is not None:
            self._paper = read_paper(panels, text)
        return self._paper


def _with_shorter_side(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height in the same proportions, the shorter of them `side`."""
    factor = side / min(size)
    return round(size[0] * factor), round(size[1] * factor)


def _scaled(image: Image.Image, size: tuple[int, int]) -> Picture:
    """As training scales: Pillow's bicubic averages over all that it shrinks."""
    scaled = image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)
    return Picture(np.asarray(scaled))
