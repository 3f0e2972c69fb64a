"""How sure a figure of a set of images is: confidence intervals."""
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

_AT_ONCE = 100  # sets; bounds the memory: 100 draws of 10000 images take 16 MB

SetFigure = Callable[[np.ndarray], np.ndarray]  # how often each image counts (R, N) → the figures of the R sets (R,)


@dataclass(frozen=True)
class Mean:
    """A mean over `count` numbers and its 95 % confidence interval; nan where too few numbers give none."""

    mean: float
    low: float
    high: float
    count: int


def mean_with_interval(values: np.ndarray, resamples: int = 2000, seed: int = 0) -> Mean:
    """The mean of (N,) numbers, nan among them left out, with its 95 % percentile bootstrap interval, which needs
    two numbers. The same numbers in the same order give the same interval.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if values.size < 2:
        return Mean(float(values.mean()) if values.size else math.nan, math.nan, math.nan, values.size)
    means = np.concatenate([values[draw].mean(1) for draw in _draws(values.size, resamples, seed)])
    low, high = np.percentile(means, (2.5, 97.5))
    return Mean(float(values.mean()), float(low), float(high), values.size)


def figure_with_interval(figure: SetFigure, count: int) -> Mean:
    """A figure of a set of `count` images, one at least, that is no mean over them, with its 95 % confidence interval:
    1.96 standard errors around it, by the jackknife, which leaves out one image after the other; none where a set
    without one of them gives nan. (A bootstrap would draw images twice, which look more consistent than two images
    would.)

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11.
    """
    value = float(figure(np.ones((1, count)))[0])
    if count < 2 or math.isnan(value):
        return Mean(value, math.nan, math.nan, 0 if math.isnan(value) else count)
    left_out = 1 - np.eye(count)
    figures = np.concatenate([figure(left_out[i : i + _AT_ONCE]) for i in range(0, count, _AT_ONCE)])
    error = math.sqrt((count - 1) * figures.var())  # nan if one of them is
    return Mean(value, value - 1.96 * error, value + 1.96 * error, count)


def _draws(count: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """`resamples` draws with replacement of `count` out of `count`, some at a time: (n, count) indices."""
    rng = np.random.default_rng(seed)
    for done in range(0, resamples, _AT_ONCE):
        yield rng.integers(count, size=(min(_AT_ONCE, resamples - done), count))
