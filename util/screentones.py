"""Screentones: regular patterns of ink over areas of one color."""
from math import pi, tau

import torch

from util.device import sent

AREAS = 4  # in an image, at most
TOLERANCE = 0.12  # of an area's color, in [-1, 1]
PALEST, DARKEST = 0.9, -0.8  # areas beyond are paper and ink, and stay as they are
PITCHES = (2.5, 6.0)  # pixels between dots, or lines
THRESHOLDS = (-0.4, 0.85)  # above which the waves of a pattern are ink: from dense to sparse
SOLID = 0.15  # share of the tones that are solid black


def with_screentones(
    scans: torch.Tensor, colorings: torch.Tensor, chance: float, generator: torch.Generator
) -> torch.Tensor:
    """Scans with random screentones over areas of one color, each with a chance, of up to AREAS in each image: lines or
    dots of any direction, density and pitch, or solid black. What was inked stays so.

    scans: (N, C, H, W) in [-1, 1]; colorings: the same drawings, (N, D, H, W) in [-1, 1]. generator: of random numbers,
    on the CPU.
    """
    count, _, height, width = scans.shape
    across = torch.arange(width, device=scans.device, dtype=scans.dtype).view(1, 1, -1)
    down = torch.arange(height, device=scans.device, dtype=scans.dtype).view(1, -1, 1)
    for _ in range(AREAS):
        drawn = sent(torch.rand(8, count, generator=generator), scans.device).to(scans.dtype).view(8, count, 1, 1)
        wanted, place_down, place_across, angle, pitch, threshold, solid, dots = drawn
        area = _area(colorings, (place_down * height).long(), (place_across * width).long()) & (wanted < chance)
        pitch = PITCHES[0] + pitch * (PITCHES[1] - PITCHES[0])
        sine, cosine = (torch.sin(angle * pi), torch.cos(angle * pi))
        wave = torch.cos(tau / pitch * (across * cosine + down * sine))
        other = torch.cos(tau / pitch * (down * cosine - across * sine))
        wave = torch.where(dots < 0.5, (wave + other) / 2, wave)
        threshold = THRESHOLDS[0] + threshold * (THRESHOLDS[1] - THRESHOLDS[0])
        # A pixel on the edge of a dot or line is inked in part.
        ink = torch.where(solid < SOLID, 1.0, (0.5 + (wave - threshold) * pitch / pi).clamp(0, 1))
        scans = torch.minimum(scans, (1 - 2 * ink * area)[:, None])
    return scans


def _area(colorings: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """Where each image, (N, D, H, W), has the color of the pixel at its row and column, (N, 1, 1): (N, H, W)."""
    images = torch.arange(len(colorings), device=colorings.device)
    color = colorings[images, :, row.flatten(), column.flatten()][..., None, None]
    inked = (color.amax(1) > DARKEST) & (color.amin(1) < PALEST)
    return ((colorings - color).abs().amax(1) < TOLERANCE) & inked
