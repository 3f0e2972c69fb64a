"""Seeds of regions: trapped balls of falling radius."""
import cv2
import numpy as np

# Radii of the balls, as shares of the gap; the first closes all gaps, the last still fits between hair strands.
RADII = (1.0, 0.6, 0.35)
SMALLEST_BALL = 1.0  # pixel


def trapped_balls(blocked: np.ndarray, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Fill the space between walls with balls, the largest first.

    blocked: (H, W) bool. gap: radius of the largest ball, in pixels. Returns seeds, (H, W) int32, n from 1 where the
    nth seed lies and 0 where no ball fits; and the distance of each pixel to the nearest wall, (H, W) float32 pixels.
    """
    free = (~blocked).astype(np.uint8)
    roominess = cv2.distanceTransform(free, cv2.DIST_L2, 3)
    seeds = np.zeros(blocked.shape, np.int32)
    count, distance = 0, roominess
    for radius in (max(share * gap, SMALLEST_BALL) for share in RADII):
        centers = (distance > radius).astype(np.uint8)
        found, numbers = cv2.connectedComponents(centers, connectivity=8, ltype=cv2.CV_32S)
        if found > 1:
            reached = _reached(centers, numbers, radius, free)
            filled = reached > 0
            seeds[filled] = reached[filled] + count
            count += found - 1
            free[filled] = 0
            distance = cv2.distanceTransform(free, cv2.DIST_L2, 3)
    return seeds, roominess


def _reached(centers: np.ndarray, numbers: np.ndarray, radius: float, free: np.ndarray) -> np.ndarray:
    """What balls cover whose centers form numbered components: (H, W) int32, 0 outside of `free`."""
    distance, nearest = cv2.distanceTransformWithLabels(
        1 - centers, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_CCOMP
    )
    number_of = np.zeros(nearest.max() + 1, np.int32)
    inside = centers > 0
    number_of[nearest[inside]] = numbers[inside]
    return np.where((distance <= radius) & (free > 0), number_of[nearest], 0)
