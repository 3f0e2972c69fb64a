"""Sums over the regions of a label map."""
import numpy as np

# Pixels that are summed at a time: numpy needs 16 bytes for each.
PIXELS = 1 << 20


def sums_by_label(labels: np.ndarray, count: int, values: np.ndarray | None = None) -> np.ndarray:
    """Sum up values, (H, W), over each of `count` labels of a map, (H, W) integers from 0.

    Returns (count,) float; without values, the numbers of pixels, int64.
    """
    total = np.zeros(count, np.int64 if values is None else np.float64)
    rows = max(PIXELS // max(labels.shape[1], 1), 1)
    for top in range(0, len(labels), rows):
        strip = slice(top, top + rows)
        weights = None if values is None else values[strip].ravel()
        total += np.bincount(labels[strip].ravel(), weights, count)
    return total
