"""Gutters and margins: the level that they have, and what of it can be reached from the edges of the page."""
from __future__ import annotations

import math

import cv2
import numpy as np

from coloring.structure.working import LIGHT, WHITE, WorkingPage

EDGE = 0.01  # of the shorter side: width of the ring along the page's edges that gives the gutters' level
BLACK_EDGE = 0.6  # share of black pixels in that ring from which gutters are black
GREY_EDGE = 0.05  # share of the most frequent grey in that ring below which gutters are white
BLACK, GREY = 0.2, 0.6  # of the way from ink to white: gutters are black up to the first, grey or white from the second
PAPER_SHARE = 0.05  # of the light pixels in that ring are darker than what counts as paper, however uneven it is
PAPER_MARGIN = 20  # levels: paper in the middle of the page may be darker by that
PEAK = 4  # levels on either side that count as the most frequent one
SAME_LEVEL = 26  # levels: how far a grey or black gutter may be from its mean
WIDEST_GUTTER = 0.04  # of the page's side: a longer run of its level at the edge is a margin, or a panel runs off
GUTTER_DEPTH = 0.05  # of the page: gutters reach at least so far in from the edge
WHOLE_SIDE = 0.97  # of the page's side: a run along all of it is a margin, however deep
WIDEST_MARGIN = 0.15  # of the page: what is deeper is part of a panel
SHORTEST_MARGIN = 0.15  # of the page's side: shorter runs along it are gutters or part of a panel
EVEN_MARGIN, MARGIN_ALONG = 0.015, 0.4  # of the page: along this share of a margin its depth varies by no more


def at_gutter_level(page: WorkingPage) -> np.ndarray:
    """(h, w) uint8, 1 where the page has the level of its gutters."""
    rows, columns = page.inside
    width = page.length(EDGE)
    ring = np.zeros(page.levels.shape, bool)
    ring[page.inside] = True
    ring[rows.start + width : rows.stop - width, columns.start + width : columns.stop - width] = False
    edge = page.levels[ring]
    counts = np.convolve(np.bincount(edge, minlength=256), np.ones(2 * PEAK + 1), "same")
    black, grey, light = (math.ceil(page.between(share)) for share in (BLACK, GREY, LIGHT))
    most = grey + int(np.argmax(counts[grey:]))
    if (edge < black).mean() >= BLACK_EDGE:
        most = int(np.argmax(counts[:black]))
    elif most >= page.between(WHITE) or counts[most] < GREY_EDGE * edge.size:
        paper = edge[edge >= light]
        darkest = float(np.quantile(paper, PAPER_SHARE)) - PAPER_MARGIN if paper.size else light
        return (page.levels >= max(darkest, light)).astype(np.uint8)
    smooth = cv2.medianBlur(page.levels, 3)
    return (np.abs(smooth.astype(np.int16) - most) <= SAME_LEVEL).astype(np.uint8)


def reached(page: WorkingPage, free: np.ndarray) -> np.ndarray:
    """(h, w) bool: what of (h, w) uint8 `free` can be reached from the edges through openings of 3 pixels."""
    outside = np.ones(page.levels.shape, np.uint8)
    outside[page.inside] = 0
    seeds = np.zeros_like(outside)
    seeds[page.inside] = _seeds(free[page.inside])
    core = np.zeros_like(outside)
    core[page.inside] = cv2.erode(free[page.inside], np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    core |= seeds
    _, regions = cv2.connectedComponents(core, connectivity=4, ltype=cv2.CV_32S)
    found = np.zeros(regions.max() + 1, bool)
    found[regions[seeds > 0]] = True
    found[0] = False
    near = cv2.dilate(found[regions].astype(np.uint8), np.ones((3, 3), np.uint8))
    return ((near & free) | outside) > 0


def _seeds(free: np.ndarray) -> np.ndarray:
    """(h, w) uint8, 1 at the edges of the page where gutters and margins, not panels that run off it, begin."""
    seeds = np.zeros_like(free)
    for turned, marked in ((free, seeds), (free[::-1], seeds[::-1]), (free.T, seeds.T), (free.T[::-1], seeds.T[::-1])):
        height, width = turned.shape
        depth = np.where(turned.all(axis=0), height, turned.argmin(axis=0))
        steps = np.diff(np.concatenate([[0], (depth > 0).view(np.int8), [0]]))
        for start, stop in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
            depths = depth[start:stop]
            margin = float(np.median(depths))
            even = np.mean(np.abs(depths - margin) <= EVEN_MARGIN * height)
            long = stop - start >= SHORTEST_MARGIN * width
            is_margin = long and margin <= WIDEST_MARGIN * height and even >= MARGIN_ALONG
            is_gutter = stop - start <= WIDEST_GUTTER * width and margin >= GUTTER_DEPTH * height
            if is_gutter or is_margin or stop - start >= WHOLE_SIDE * width:
                marked[0, start:stop] = 1
    return seeds
