"""Paper and ink of scans."""
import numpy as np
from PIL import Image

INK, PAPER = 0.01, 0.95  # shares of the pixels that are darker than what counts as ink, and as paper
LIGHTEST_INK, DARKEST_PAPER = 96, 128  # of 255: beyond these, there is no ink, or no paper, to tell by


def with_clean_paper(scan: Image.Image) -> Image.Image:
    """A scan (mode L or RGB) with its paper white and its ink black; levels between them are spread evenly. What is as
    clean already, and what shows no paper (as a night) or no ink, stays as it is."""
    counts = scan.convert("L").histogram()
    ink, paper = np.searchsorted(np.cumsum(counts) / sum(counts), (INK, PAPER))
    if paper < DARKEST_PAPER or ink > LIGHTEST_INK or (ink, paper) == (0, 255):
        return scan
    spread = (np.arange(256) - ink) * (255 / (paper - ink))
    return scan.point(spread.clip(0, 255).round().astype(int).tolist() * len(scan.getbands()))
