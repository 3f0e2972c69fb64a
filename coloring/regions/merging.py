"""Which regions border on each other, and which of them are one."""
from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from coloring.regions.walls import Walls

# A piece belongs to its neighbor if the passage between them is wider than this share of the piece's own width.
PASSAGE = 0.5
# Pixels of open border that make a passage.
LEAST_PASSAGE = 2
# Regions smaller than the square of this, as a share of the page's shorter side, are not colored on their own …
LEAST_SIDE = 0.011
# … nor those in which no ball of this radius fits, as slivers between the lines of hatching.
LEAST_RADIUS = 0.0035
# A border counts twice where it is open, and under full ink this share less.
OPEN_WEIGHT = 2.0
INK_PENALTY = 0.7


@dataclass(frozen=True)
class Contacts:
    """Pairs of regions that border on each other, one entry a pair.

    first, second: (N,) int, labels. length: (N,) pixels of the border. open: (N,) pixels of it where no wall lies.
    passage: (N,) pixels, half the width of the widest open place. ink: (N,) 0 to 1, mean darkness of what lies between.
    """

    first: np.ndarray
    second: np.ndarray
    length: np.ndarray
    open: np.ndarray
    passage: np.ndarray
    ink: np.ndarray


def contacts_of(labels: np.ndarray, walls: Walls, roominess: np.ndarray) -> Contacts:
    """Find the contacts of a label map, (H, W) int32 from 0; roominess: (H, W) distances to the next wall."""
    firsts, seconds, opens, passages, inks = [], [], [], [], []
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        rows, columns = np.nonzero(labels[here] != labels[there])
        a, b = labels[here][rows, columns], labels[there][rows, columns]
        firsts.append(np.minimum(a, b))
        seconds.append(np.maximum(a, b))
        opens.append(~(walls.blocked[here][rows, columns] | walls.blocked[there][rows, columns]))
        passages.append(np.minimum(roominess[here][rows, columns], roominess[there][rows, columns]))
        inks.append(np.maximum(walls.ink[here][rows, columns], walls.ink[there][rows, columns]))
    first, second, is_open, passage, ink = map(np.concatenate, (firsts, seconds, opens, passages, inks))
    return _summed(first, second, is_open, np.where(is_open, passage, 0), ink / np.float32(255))


def _summed(
    first: np.ndarray, second: np.ndarray, is_open: np.ndarray, passage: np.ndarray, ink: np.ndarray
) -> Contacts:
    """One entry a pair, of one a pixel of border."""
    keys = first.astype(np.int64) << 32 | second
    pairs, index = np.unique(keys, return_inverse=True)
    length = np.bincount(index, minlength=len(pairs))
    widest = np.zeros(len(pairs), passage.dtype)
    np.maximum.at(widest, index, passage)
    return Contacts(
        (pairs >> 32).astype(np.int64), (pairs & 0xFFFFFFFF).astype(np.int64), length,
        np.bincount(index, is_open, len(pairs)), widest, np.bincount(index, ink, len(pairs)) / np.maximum(length, 1),
    )  # fmt: skip


def merged(
    labels: np.ndarray, areas: np.ndarray, contacts: Contacts, roominess: np.ndarray, side: int
) -> tuple[np.ndarray, Contacts, np.ndarray]:
    """Join the pieces of a label map that are one region: the new map, its contacts, and the areas of its regions.

    labels: (H, W) int32 from 0. areas: (N,), pieces of different areas are never joined. roominess: (H, W) distances to
    the next wall. side: the page's shorter side, in pixels.
    """
    pieces = _Pieces(labels, roominess, len(areas))
    same_area = areas[contacts.first] == areas[contacts.second]
    _join_passages(pieces, contacts, same_area)
    _join_small(pieces, contacts, same_area, side)
    roots = np.array([pieces.root(piece) for piece in range(len(areas))], dtype=np.int64)
    kept, renumbered = np.unique(roots, return_inverse=True)
    return renumbered[labels].astype(np.int32), _renumbered(contacts, renumbered), areas[kept]


class _Pieces:
    """Pieces that become regions; sizes (pixels) and radii (of the largest ball) are of all pieces that were joined."""

    def __init__(self, labels: np.ndarray, roominess: np.ndarray, count: int) -> None:
        flat = labels.ravel()
        self.sizes: list[int] = np.bincount(flat, minlength=count).tolist()
        radii = np.zeros(count, np.float32)
        np.maximum.at(radii, flat, roominess.ravel())
        self.radii: list[float] = radii.tolist()
        self._parents = list(range(count))

    def root(self, piece: int) -> int:
        """The piece that stands for the region of this one."""
        parents = self._parents
        while parents[piece] != piece:
            parents[piece] = parents[parents[piece]]
            piece = parents[piece]
        return piece

    def join(self, piece: int, into: int) -> None:
        """Make one region of two pieces that stand for theirs."""
        self._parents[piece] = into
        self.sizes[into] += self.sizes[piece]
        self.radii[into] = max(self.radii[into], self.radii[piece])


def _join_passages(pieces: _Pieces, contacts: Contacts, allowed: np.ndarray) -> None:
    """Join what a passage connects that is about as wide as the narrower of both, the widest passages first."""
    open_enough = np.nonzero(allowed & (contacts.open >= LEAST_PASSAGE))[0]
    for index in open_enough[np.argsort(-contacts.passage[open_enough], kind="stable")].tolist():
        a, b = pieces.root(int(contacts.first[index])), pieces.root(int(contacts.second[index]))
        if a != b and contacts.passage[index] > PASSAGE * min(pieces.radii[a], pieces.radii[b]):
            small, large = sorted((a, b), key=lambda piece: (pieces.sizes[piece], piece))
            pieces.join(small, large)


def _join_small(pieces: _Pieces, contacts: Contacts, allowed: np.ndarray, side: int) -> None:
    """Join small regions and slivers to the neighbor with the longest border, the smallest first."""
    weights = OPEN_WEIGHT * contacts.open + (contacts.length - contacts.open) * (1 - INK_PENALTY * contacts.ink)
    borders: dict[int, dict[int, float]] = {}
    for index in np.nonzero(allowed)[0].tolist():
        a, b = pieces.root(int(contacts.first[index])), pieces.root(int(contacts.second[index]))
        if a != b:
            for one, other in ((a, b), (b, a)):
                own = borders.setdefault(one, {})
                own[other] = own.get(other, 0.0) + weights[index]

    def is_small(piece: int) -> bool:
        return pieces.sizes[piece] < (LEAST_SIDE * side) ** 2 or pieces.radii[piece] < LEAST_RADIUS * side

    waiting = [(pieces.sizes[piece], piece) for piece in borders if is_small(piece)]
    heapq.heapify(waiting)
    while waiting:
        size, piece = heapq.heappop(waiting)
        own = borders.get(piece, {})
        if not own or pieces.sizes[piece] != size or not is_small(piece):
            continue
        into = max(own, key=lambda other: (own[other], -other))
        pieces.join(piece, into)
        for other, weight in borders.pop(piece).items():
            borders[other].pop(piece)
            if other != into:
                borders[other][into] = borders[other].get(into, 0.0) + weight
                borders[into][other] = borders[into].get(other, 0.0) + weight
        if is_small(into):
            heapq.heappush(waiting, (pieces.sizes[into], into))


def _renumbered(contacts: Contacts, numbers: np.ndarray) -> Contacts:
    """The contacts of a label map whose labels got new numbers, some of them the same."""
    first, second = numbers[contacts.first], numbers[contacts.second]
    between = first != second
    low, high = (function(first, second)[between] for function in (np.minimum, np.maximum))
    pairs, index = np.unique(low.astype(np.int64) << 32 | high, return_inverse=True)
    length = np.bincount(index, contacts.length[between], len(pairs)).astype(np.int64)
    widest = np.zeros(len(pairs), contacts.passage.dtype)
    np.maximum.at(widest, index, contacts.passage[between])
    ink = np.bincount(index, (contacts.ink * contacts.length)[between], len(pairs)) / np.maximum(length, 1)
    return Contacts(
        pairs >> 32, pairs & 0xFFFFFFFF, length, np.bincount(index, contacts.open[between], len(pairs)), widest, ink
    )
