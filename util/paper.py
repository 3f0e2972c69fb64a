"""Paper and ink of scans."""
import numpy as np
from PIL import Image

INK, PAPER = 0.01, 0.95  # shares of the pixels that are darker than what counts as ink, and as paper
LIGHTEST_INK, DARKEST_PAPER = 96, 128  # of 255: beyond these, there is no ink, or no paper, to tell by
# Of margins. What is darker than MARK, of 255, is no paper. A row of a frame is marked in more than a SPECK of its
# width; dust and page numbers are in less. A margin is no wider than WIDEST, of the page, for a sky may be. It ends at
# a frame along FRAMED of it or more, which may be aslant by SLANT of the page, and over which nothing sticks out, as
# heads do, and the sides of a panel that runs off the page.
MARK, SPECK, WIDEST, FRAMED, SLANT = 128, 0.05, 0.15, 0.4, 0.015


def with_clean_paper(scan: Image.Image) -> Image.Image:
    """A scan (mode L or RGB) with its paper white and its ink black; levels between them are spread evenly. What is as
    clean already, and what shows no paper (as a night) or no ink, stays as it is."""
    counts = scan.convert("L").histogram()
    ink, paper = np.searchsorted(np.cumsum(counts) / sum(counts), (INK, PAPER))
    if paper < DARKEST_PAPER or ink > LIGHTEST_INK or (ink, paper) == (0, 255):
        return scan
    spread = (np.arange(256) - ink) * (255 / (paper - ink))
    return scan.point(spread.clip(0, 255).round().astype(int).tolist() * len(scan.getbands()))


def without_margins(page: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of a page, (H, W) uint8 luminance, without the paper beyond the frames of its panels. On a side
    where no frame is the outermost, for a panel runs off the page or there is a drawing without one, they reach to the
    edge."""
    marked = page < MARK
    rows, columns = (slice(_margin(marks), len(marks) - _margin(marks[::-1])) for marks in (marked, marked.T))
    return rows, columns


def _margin(marked: np.ndarray) -> int:
    """How many rows of (H, W) bool marks come before a frame; 0 if something else does."""
    height = len(marked)
    slant = max(round(SLANT * height), 1)
    first = int(np.argmax(marked.mean(axis=1) > SPECK))  # 0, too, if there is no such row
    framed = marked[first : first + slant].any(axis=0).mean() > FRAMED
    sticking_out = marked[max(first - slant, 0) : max(first - 1, 0)].any()  # not the soft rim of the frame
    return first if framed and not sticking_out and first <= WIDEST * height else 0
