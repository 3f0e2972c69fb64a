"""How good a coloring is, in numbers, and how sure a figure over images is.

A metric takes the result and what it is compared with, HWC uint8 RGB arrays of one size or `Picture`s of them, and
gives a number. METRICS lists all that are reported of one image, SET_METRICS those of a set; a further one needs its
function and an entry in registry.py. docs/quality.md says how to read them.
"""
from util.metrics.against_truth import (
    COLORED,
    SSIM_WINDOW,
    chroma,
    chroma_ratio,
    ciede2000,
    colored_difference,
    hue_error,
    mean_difference,
    psnr,
    ssim,
)
from util.metrics.inception import Inception, Unavailable, fid, kid
from util.metrics.intervals import Mean, SetFigure, figure_with_interval, mean_with_interval
from util.metrics.palettes import PaletteDistance, palette, sliced_wasserstein
from util.metrics.parts import (
    Consistency,
    Occurrences,
    bleeding,
    character_consistency,
    occurrences,
    part_color_error,
    patchiness,
    stained_paper,
)
from util.metrics.picture import Picture
from util.metrics.registry import METRICS, SET_METRICS, Metric, Reading, measure
from util.metrics.without_truth import colorfulness, edge_recall

__all__ = [
    "COLORED", "METRICS", "SET_METRICS", "SSIM_WINDOW", "Consistency", "Inception", "Mean", "Metric", "Occurrences",
    "PaletteDistance", "Picture", "Reading", "SetFigure", "Unavailable", "bleeding", "character_consistency", "chroma",
    "chroma_ratio", "ciede2000", "colored_difference", "colorfulness", "edge_recall", "fid", "figure_with_interval",
    "hue_error", "kid", "mean_difference", "mean_with_interval", "measure", "occurrences", "palette",
    "part_color_error", "patchiness", "psnr", "sliced_wasserstein", "ssim", "stained_paper",
]  # fmt: skip
