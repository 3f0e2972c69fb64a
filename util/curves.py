"""How a figure went while a run trained, as a drawing within a page."""
from collections.abc import Sequence

from dominate.svg import circle, polyline, svg, text
from dominate.tags import figcaption, figure

Curve = Sequence[tuple[int, float]]  # images that the run had seen, and the figure
WIDTH, HEIGHT, MARGIN = 260, 90, 14  # units of the drawing


def curve(title: str, points: Curve) -> figure:
    """A curve with its extremes and its last value; there must be a point."""
    xs, ys = zip(*points, strict=True)
    low, high = min(ys), max(ys)
    drawing = svg(viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, role="img", aria_label=title)
    places = [(_place(x, xs, MARGIN, WIDTH - MARGIN), _place(y, ys, HEIGHT - MARGIN, MARGIN)) for x, y in points]
    drawing.add(polyline(points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places), fill="none", stroke="currentColor"))
    drawing.add(circle(cx=f"{places[-1][0]:.1f}", cy=f"{places[-1][1]:.1f}", r=2.5, fill="currentColor"))
    for value, y in ((high, MARGIN - 4), (low, HEIGHT - 2)):
        drawing.add(text(f"{value:.4g}", x=MARGIN, y=y, fill="currentColor", font_size=10))
    return figure(drawing, figcaption(f"{title}: {ys[-1]:.4g} after {xs[-1]} images"), style=f"width: {WIDTH}px")


def _place(value: float, values: Sequence[float], start: float, stop: float) -> float:
    """Where a value lies between two ends, the middle where all are one."""
    low, high = min(values), max(values)
    return (start + stop) / 2 if high == low else start + (stop - start) * (value - low) / (high - low)
