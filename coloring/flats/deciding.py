"""One color for each region.

The expectation of a region's distribution is its color: where a network is sure, that is the color that it is sure of;
where it is unsure, the expectation is quiet. As expectations are paler than the colors they stand for, the saturation
is raised a little. Where much of the distribution is white, the region is paper: a faint guess on paper is a stain.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from skimage.color import lab2rgb, rgb2lab

from coloring.flats.votes import Votes
from coloring.regions import Contacts

SATURATION = 1.1
# Colors of a palette that are white: CIELAB lightness above, chroma below.
WHITE_LIGHTNESS = 90.0
WHITE_CHROMA = 8.0
# Shares of white from which on a region begins to turn to paper, and at which it is paper.
PAPER_SHARES = 0.15, 0.25
# Where less of a region than this is clear of ink, as between the lines of a pattern, white says less.
CLEAR = 0.2
# Neighbors agree the more, the less ink lies between them and the nearer their colors are. Mean ink, 0 to 1, at which
# a border is a line, and the distance in CIELAB at which colors agree by 60 %.
LINE_INK = 0.3
SAME_COLOR = 10.0
ROUNDS = 3


@dataclass(frozen=True)
class RegionColors:
    """The colors of n regions: colors (n, 3) uint8 RGB; paper (n,) bool, regions that are left without color."""

    colors: np.ndarray
    paper: np.ndarray


def decide_colors(
    votes: Votes, contacts: Contacts, sizes: np.ndarray, may_be_paper: np.ndarray | float = 1.0
) -> RegionColors:
    """Decide the colors of n regions by their votes.

    sizes: (n,) pixels of the page. may_be_paper: (n,) 0 to 1, 0 for regions that are not white on the page itself.
    """
    lab = _expected(votes)
    lab = _agreed(lab, votes.weights, contacts, sizes)
    white = _is_white(rgb2lab(votes.palette[None])[0])
    start, full = PAPER_SHARES
    may_be_paper = may_be_paper * np.clip(votes.clear / CLEAR, 0, 1)
    paper = may_be_paper * np.clip((votes.shares[:, white].sum(axis=1) - start) / (full - start), 0, 1)
    lab = lab + paper[:, None] * (np.array([100.0, 0, 0]) - lab)
    colors = np.rint(255 * lab2rgb(lab[None])[0]).clip(0, 255).astype(np.uint8)
    return RegionColors(colors, paper == 1)


def _expected(votes: Votes) -> np.ndarray:
    """The expected colors, (n, 3) CIELAB: lightness of what was painted, hue and chroma of what was chosen."""
    lightness = rgb2lab(votes.mean[None])[0, :, :1]
    chosen = votes.shares @ rgb2lab(votes.palette[None])[0]
    return np.concatenate([lightness, SATURATION * chosen[:, 1:]], axis=1)


def _is_white(lab: np.ndarray) -> np.ndarray:
    return (lab[:, 0] > WHITE_LIGHTNESS) & (np.hypot(lab[:, 1], lab[:, 2]) < WHITE_CHROMA)


def _agreed(lab: np.ndarray, weights: np.ndarray, contacts: Contacts, sizes: np.ndarray) -> np.ndarray:
    """Let regions without a line between them, as strands of hair, agree on a color: (n, 3) CIELAB → the same."""
    count = len(lab)
    smaller = np.minimum(sizes[contacts.first], sizes[contacts.second])
    shared = np.clip(contacts.length / np.sqrt(np.maximum(smaller, 1)), 0, 1)
    openness = np.clip(1 - contacts.ink / LINE_INK, 0, 1) * shared
    distance = np.linalg.norm(lab[contacts.first] - lab[contacts.second], axis=1)
    links = openness * np.exp(-((distance / SAME_COLOR) ** 2) / 2)
    rows = np.concatenate([contacts.first, contacts.second])
    columns = np.concatenate([contacts.second, contacts.first])
    neighbors = sparse.csr_matrix((np.tile(links, 2), (rows, columns)), (count, count))
    own = weights[:, None] * lab
    total = (weights + neighbors @ weights)[:, None]
    agreed = lab
    for _ in range(ROUNDS):
        agreed = (own + neighbors @ (weights[:, None] * agreed)) / total
    return agreed
