"""From figures to what can be said: means with their intervals, differences from a baseline, better or worse."""
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np

from scripts.evaluation.scoring import Measured, RealColorings
from util.metrics import (
    METRICS,
    SET_METRICS,
    Consistency,
    Mean,
    PaletteDistance,
    Reading,
    SetFigure,
    fid,
    figure_with_interval,
    kid,
    mean_with_interval,
)

LEAST_IMAGES = 8  # for a verdict: intervals from fewer are too narrow
READINGS: dict[str, Reading] = {**METRICS, **SET_METRICS}

Row = dict[str, Mean]  # metric → its mean over the pictures of a set, or the figure of the set
Verdict = Literal["better", "worse", "undecided"]


@dataclass(frozen=True)
class Comparison:
    """What is known of all titles.

    rows: by title. differences: from the baseline, on the images that both have; verdicts: what these mean, metric by
    metric, where there is an interval. own: what the truths' own figures are, where that tells what to aim at.
    """

    rows: dict[str, Row]
    baseline: str | None
    differences: dict[str, Row]
    verdicts: dict[str, dict[str, Verdict]]
    own: Row

    @property
    def metrics(self) -> list[str]:
        return list(next(iter(self.rows.values())))

    def statements(self) -> list[str]:
        """In words, a line for each title but the baseline."""
        return [f"{title} against {self.baseline}: {self._told(title)}." for title in self.verdicts]

    def _told(self, title: str) -> str:
        count = max(mean.count for mean in self.differences[title].values())
        if count < LEAST_IMAGES:
            return f"undecided, {count} images are too few"
        return "; ".join(_grouped(self.verdicts[title])) or "nothing to tell"


def _grouped(verdicts: dict[str, Verdict]) -> Iterable[str]:
    for verdict in ("better", "worse", "undecided"):
        titles = [READINGS[name].title for name, found in verdicts.items() if found == verdict]
        if titles:
            yield f"{verdict} in {' and '.join(', '.join(titles).rsplit(', ', 1))}"


def compare(
    measured: dict[str, Measured], truths: Measured, real: RealColorings | None, metrics: Iterable[str],
    baseline: str | None,
) -> Comparison:  # fmt: skip
    """metrics: the names of those measured of each image. real: what is known of real colorings, if there are any."""
    names = list(metrics)
    rows = {title: _row(of_title, real, names) for title, of_title in measured.items()}
    differences: dict[str, Row] = {}
    verdicts: dict[str, dict[str, Verdict]] = {}
    for title, of_title in measured.items():
        if baseline is not None and title != baseline:
            losses = _difference(of_title, measured[baseline], real, names, lambda name, x: READINGS[name].loss(x))
            differences[title] = _difference(of_title, measured[baseline], real, names, lambda name, x: x)
            verdicts[title] = {name: verdict(loss) for name, loss in losses.items() if not np.isnan(loss.low)}
    own = _row(truths, None, [name for name in names if "truth" not in METRICS[name].needs]) if truths.scores else {}
    return Comparison(rows, baseline, differences, verdicts, own)


def verdict(loss: Mean) -> Verdict:
    """What a difference in loss, from the baseline, tells."""
    if loss.count < LEAST_IMAGES or not (loss.high < 0 or loss.low > 0):
        return "undecided"
    return "better" if loss.high < 0 else "worse"


def _row(measured: Measured, real: RealColorings | None, metrics: list[str]) -> Row:
    pictures = list(measured.scores)
    row = {name: mean_with_interval(_figures(measured, name, pictures)) for name in metrics}
    for name, (figure, count) in _set_figures(measured, real, pictures).items():
        row[name] = figure_with_interval(figure, count)
    for name, value in _plain_set_figures(measured, real, pictures).items():
        row[name] = Mean(value, nan, nan, len(pictures))
    return row


def _difference(
    one: Measured, other: Measured, real: RealColorings | None, metrics: list[str], of: Callable[[str, float], float]
) -> Row:
    """One minus the other, picture by picture, of those that both have. of: name and figure → what is compared."""
    shared = [picture for picture in one.scores if picture in other.scores]
    row = {}
    for name in metrics:
        pairs = zip(_figures(one, name, shared), _figures(other, name, shared), strict=True)
        row[name] = mean_with_interval(np.array([of(name, first) - of(name, second) for first, second in pairs]))
    if not shared:
        return row
    others = _set_figures(other, real, shared)
    for name, (figure, count) in _set_figures(one, real, shared).items():
        row[name] = figure_with_interval(_minus(figure, others[name][0]), count)
    plain = _plain_set_figures(other, real, shared)
    for name, value in _plain_set_figures(one, real, shared).items():
        row[name] = Mean(value - plain[name], nan, nan, len(shared))
    return row


def _minus(one: SetFigure, other: SetFigure) -> SetFigure:
    """The difference of two figures of sets, of the same draws from both."""
    return lambda counts: one(counts) - other(counts)


def _figures(measured: Measured, metric: str, pictures: list[str]) -> np.ndarray:
    return np.array([measured.scores[picture][metric] for picture in pictures])


def _set_figures(
    measured: Measured, real: RealColorings | None, pictures: list[str]
) -> dict[str, tuple[SetFigure, int]]:
    """Figures of a set that can be computed of draws from it, by name, and of how many pictures they are."""
    figures: dict[str, tuple[SetFigure, int]] = {}
    # A page without a label map has no part of anyone, and so no say.
    pages = [measured.occurrences[picture] for picture in pictures if picture in measured.occurrences]
    if pages:
        figures["consistency"] = Consistency(pages), len(pages)
    if measured.palettes and real is not None:
        found = [measured.palettes[picture] for picture in pictures]
        figures["palette"] = PaletteDistance(found, [real.palette]), len(found)
    return figures


def _plain_set_figures(measured: Measured, real: RealColorings | None, pictures: list[str]) -> dict[str, float]:
    """Figures of a set for which draws would take too long, by name."""
    if not measured.features or real is None:
        return {}
    if min(len(pictures), len(real.features)) < 2:
        return {"fid": nan, "kid": nan}
    features = np.stack([measured.features[picture] for picture in pictures]), np.stack(real.features)
    return {"fid": fid(*features), "kid": kid(*features)}
