"""How figures are spread over the images, as drawings within a page."""
import numpy as np
from dominate.svg import g, line, rect, svg, text
from dominate.svg import title as tooltip

from scripts.evaluation.comparison import Row
from scripts.evaluation.tables import texts
from util.html import printable
from util.metrics import Mean, Reading

WIDTH, MARGIN = 320, 6  # units of the drawing
BAND, NAME, AXIS = 46, 15, 18  # heights: of a title's bars with its name, of the name, of the numbers at the bottom
BINS = 24
COLORS = 6  # that the style sheet has for titles, in turn


def histograms(metric: str, reading: Reading, values: dict[str, np.ndarray], rows: dict[str, Row]) -> svg | None:
    """A histogram for each title, on one axis, with its mean and the mean's interval; None without any figure."""
    found = {title: figures[np.isfinite(figures)] for title, figures in values.items()}
    everything = np.concatenate(list(found.values()))
    if not everything.size:
        return None
    low, high = float(everything.min()), float(everything.max())
    if high - low < 10**-reading.digits:
        low, high = low - 10**-reading.digits, high + 10**-reading.digits
    height = BAND * len(found) + AXIS
    drawing = svg(viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=f"How {reading.title} is spread")
    for place, (title, figures) in enumerate(found.items()):
        drawing.add(_band(place, title, figures, (low, high), rows[title][metric], reading))
    floor = BAND * len(found)
    for value, at, anchor in ((low, MARGIN, "start"), (high, WIDTH - MARGIN, "end")):
        drawing.add(text(f"{value:.{reading.digits}f}", x=at, y=floor + 13, text_anchor=anchor, cls="axis"))
    return drawing


def _band(
    place: int, title: str, figures: np.ndarray, span: tuple[float, float], mean: Mean, reading: Reading
) -> g:
    """One title's histogram."""
    top, floor = BAND * place, BAND * (place + 1) - 2
    counts, edges = np.histogram(figures, BINS, span)
    tallest = max(1, counts.max(initial=0))
    band = g(cls=f"series-{place % COLORS}")
    value, interval = texts(mean, reading)
    band.add(text(printable(title), x=MARGIN, y=top + 11, cls="name"))
    band.add(text(f"{value} {interval}", x=WIDTH - MARGIN, y=top + 11, text_anchor="end", cls="value"))
    for count, left, right in zip(counts, edges, edges[1:], strict=False):
        if count:
            tall = (BAND - NAME - 6) * count / tallest
            x = _x(left, span)
            bar = rect(x=f"{x + 0.5:.1f}", y=f"{floor - tall:.1f}", width=f"{_x(right, span) - x - 1:.1f}",
                       height=f"{tall:.1f}")  # fmt: skip
            bar.add(tooltip(f"{count} from {left:.{reading.digits}f} to {right:.{reading.digits}f}"))
            band.add(bar)
    band.add(line(x1=MARGIN, x2=WIDTH - MARGIN, y1=floor, y2=floor, cls="floor"))
    if mean.count:
        middle = f"{_x(mean.mean, span):.1f}"
        band.add(line(x1=middle, x2=middle, y1=top + NAME, y2=floor, cls="mean"))
    if np.isfinite(mean.low):
        left, right = (f"{_x(value, span):.1f}" for value in (mean.low, mean.high))
        band.add(line(x1=left, x2=right, y1=floor, y2=floor, cls="interval"))
    return band


def _x(value: float, span: tuple[float, float]) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * (value - span[0]) / (span[1] - span[0])
