"""Small pages, drawn for tests: (H, W) uint8."""
import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 600, 860
Corners = list[tuple[int, int]]


class Page:
    """A page that is drawn on; `pixels` gives what it shows."""

    def __init__(self, paper: int = 255) -> None:
        self.image = Image.new("L", (WIDTH, HEIGHT), paper)
        self.pen = ImageDraw.Draw(self.image)
        self.paper = paper

    @property
    def pixels(self) -> np.ndarray:
        return np.asarray(self.image)

    def panel(self, corners: Corners, fill: int | None = None) -> "Page":
        """A framed panel with a few lines in it."""
        self.pen.polygon(corners, fill=self.paper if fill is None else fill, outline=0, width=4)
        (x0, y0), (x1, y1) = np.min(corners, axis=0), np.max(corners, axis=0)
        box = (x0 * 0.6 + x1 * 0.4, y0 * 0.3 + y1 * 0.7, x0 * 0.4 + x1 * 0.6, y0 * 0.1 + y1 * 0.9)
        self.pen.ellipse(box, outline=0)
        return self

    def balloon(self, box: tuple[int, int, int, int], text: str, shape: str = "ellipse") -> "Page":
        """A white balloon with an outline and text."""
        getattr(self.pen, shape)(box, fill=255, outline=0, width=3)
        return self.write(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), text)

    def write(self, middle: tuple[float, float], text: str, size: int = 24) -> "Page":
        self.pen.multiline_text(middle, text, 0, ImageFont.load_default(size), anchor="mm", align="center",
                                spacing=4, stroke_width=0.6)
        return self


def rectangle(left: int, top: int, right: int, bottom: int) -> Corners:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def filled(corners: Corners) -> np.ndarray:
    """(H, W) bool inside of corners."""
    image = Image.new("1", (WIDTH, HEIGHT))
    ImageDraw.Draw(image).polygon(corners, fill=1)
    return np.asarray(image)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two (H, W) bool."""
    return float((one & other).sum() / (one | other).sum())
