"""The figures that are reported: what they need, what they are called, how to read them."""
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from util.metrics.against_truth import (
    COLORED,
    chroma_ratio,
    colored_difference,
    hue_error,
    mean_difference,
    psnr,
    ssim,
)
from util.metrics.parts import bleeding, part_color_error, patchiness, stained_paper
from util.metrics.picture import Images, Picture
from util.metrics.without_truth import colorfulness, edge_recall

Need = Literal["truth", "scan", "labels", "paper"]


@dataclass(frozen=True)
class Reading:
    """What to call a figure and how to read it.

    better: which way; `one` is for ratios that should be 1; empty where neither is. unit: empty for none. digits:
    behind the point. skips: the images that get nan, in words; empty if none does.
    """

    title: str
    better: Literal["lower", "higher", "one", ""]
    help: str
    unit: str = ""
    digits: int = 2
    skips: str = ""

    def loss(self, value: float) -> float:
        """The figure as one that is better the lower it is; nan where neither way is better."""
        match self.better:
            case "lower":
                return value
            case "higher":
                return -value
            case "one":
                return abs(value - 1)
        return math.nan


@dataclass(frozen=True)
class Metric(Reading):
    """A figure of one image. function: the result, then what `needs` names, in that order → a number, nan for an image
    that the figure says nothing about."""

    function: Callable[..., float] = lambda result: math.nan
    needs: tuple[Need, ...] = ()


_UNCOLORED = "truths without colored pixels"
METRICS: dict[str, Metric] = {
    "ciede2000": Metric(
        "CIEDE2000", "lower", "color difference, mean over all pixels", function=mean_difference, needs=("truth",)
    ),
    "ciede2000_colored": Metric(
        "CIEDE2000 colored", "lower", f"the same over pixels of true chroma > {COLORED:g}", skips=_UNCOLORED,
        function=colored_difference, needs=("truth",),
    ),
    "hue_error": Metric(
        "hue error", "lower", f"angle between hues, over pixels of chroma > {COLORED:g} in both", unit="°", digits=1,
        skips="images without pixels that are colored in both", function=hue_error, needs=("truth",),
    ),
    "ssim": Metric(
        "SSIM", "higher", "structural similarity, mean over red, green and blue", digits=3, function=ssim,
        needs=("truth",),
    ),
    "psnr": Metric(
        "PSNR", "higher", "peak signal-to-noise ratio", unit="dB", function=psnr, needs=("truth",)
    ),
    "chroma_ratio": Metric(
        "chroma ratio", "one", f"mean chroma over that of the truth, over pixels of true chroma > {COLORED:g}",
        skips=_UNCOLORED, function=chroma_ratio, needs=("truth",),
    ),
    "part_color_error": Metric(
        "part color error", "lower", "CIEDE2000 between a part's mean color and its true one, mean over the parts",
        skips="pages without labelled parts", function=part_color_error, needs=("truth", "labels"),
    ),
    "bleeding": Metric(
        "bleeding", "lower", "share of the pixels beside another part that have taken its color", digits=3,
        skips="pages without borders between parts of unlike colors", function=bleeding, needs=("truth", "labels"),
    ),
    "patchiness": Metric(
        "patchiness", "lower", "how much more a*, b* vary within a part than truly, mean over the parts by area",
        skips="pages without labelled parts", function=patchiness, needs=("truth", "labels"),
    ),
    "stained_paper": Metric(
        "stained paper", "lower", "share of the pixels of gutters and balloons with chroma > 3", digits=3,
        skips="pages without gutters and balloons", function=stained_paper, needs=("paper",),
    ),
    "ink_fidelity": Metric(
        "ink fidelity", "higher", "share of the scan's edges that the result has within a pixel", digits=3,
        skips="scans without edges", function=edge_recall, needs=("scan",),
    ),
    "colorfulness": Metric(
        "colorfulness", "", "0 for grey, about 33 for moderately, 59 for quite colorful photos", digits=1,
        function=colorfulness,
    ),
}  # fmt: skip

# Figures of a set of images, which no mean over images gives.
SET_METRICS: dict[str, Reading] = {
    "consistency": Reading(
        "character consistency", "lower", "CIEDE2000 of a part's occurrences from the part's overall color",
        skips="sets in which no part occurs twice",
    ),
    "palette": Reading(
        "palette distance", "lower", "of the colors from those of real colorings, sliced Wasserstein in CIELAB"
    ),
    "fid": Reading("FID", "lower", "Fréchet distance from real colorings in Inception's features", digits=1),
    "kid": Reading("KID", "lower", "kernel distance from real colorings in Inception's features", digits=4),
}  # fmt: skip


def measure(
    result: Images, truth: Images | None = None, scan: Images | None = None, labels: np.ndarray | None = None,
    paper: np.ndarray | None = None,
) -> dict[str, float]:  # fmt: skip
    """All of METRICS that what is given allows, by name. Images are HWC uint8 RGB of one size, or Pictures of these;
    labels: (H, W) whole numbers; paper: the same, 1 where there is paper that must stay so. Raises what the metrics
    raise."""
    result = Picture.of(result)
    images = {name: Picture.of(image) for name, image in (("truth", truth), ("scan", scan)) if image is not None}
    maps = {name: numbers for name, numbers in (("labels", labels), ("paper", paper)) if numbers is not None}
    given: dict[str, Any] = {**images, **maps}
    return {
        name: metric.function(result, *(given[need] for need in metric.needs))
        for name, metric in METRICS.items()
        if given.keys() >= set(metric.needs)
    }
