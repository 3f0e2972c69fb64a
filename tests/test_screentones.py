"""Screentones over areas of one color."""
import torch

from util.screentones import TOLERANCE, with_screentones

SIZE = 64


def halves() -> tuple[torch.Tensor, torch.Tensor]:
    """Blank scans with a line, and their colorings: red on the left, white on the right."""
    scans, colorings = torch.ones(16, 1, SIZE, SIZE), torch.ones(16, 3, SIZE, SIZE)
    colorings[:, 1:, :, : SIZE // 2] = -0.5
    scans[..., 10, :] = -1
    colorings[..., 10, :] = -1
    return scans, colorings


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_areas_of_a_color_are_toned_and_paper_is_not():
    scans, colorings = halves()
    toned = with_screentones(scans, colorings, 1.0, chance())
    left, right = toned[..., : SIZE // 2], toned[..., SIZE // 2 :]
    assert torch.equal(right, scans[..., SIZE // 2 :])
    inked = (left < 0).float().mean((1, 2, 3))
    assert inked.max() > 0.9  # solid
    assert ((inked > 0.05) & (inked < 0.8)).sum() > 4
    assert len(inked.unique()) > 8


def test_lines_stay():
    scans, colorings = halves()
    assert (with_screentones(scans, colorings, 1.0, chance())[..., 10, :] == -1).all()
    assert (with_screentones(scans, colorings, 1.0, chance()) <= scans).all()


def test_a_shade_of_the_color_is_another_area():
    scans, colorings = halves()
    colorings[:, 1, 40:, : SIZE // 2] += 2 * TOLERANCE
    upper, lower = (with_screentones(scans, colorings, 0.3, chance())[:, 0, rows, : SIZE // 2]
                    for rows in (slice(12, 40), slice(40, None)))  # fmt: skip
    alone = [((one < 0).any((1, 2)) & ~(two < 0).any((1, 2))).any() for one, two in ((upper, lower), (lower, upper))]
    assert all(alone)


def test_how_often_is_asked_for():
    scans, colorings = halves()
    assert torch.equal(with_screentones(scans, colorings, 0.0, chance()), scans)
    shares = [(with_screentones(scans, colorings, p, chance()) < scans).any(3).any(2).float().mean() for p in (0.1, 1)]
    assert shares[0] < 0.6 < shares[1]


def test_the_same_chance_gives_the_same_tones():
    scans, colorings = halves()
    first, again, other = (with_screentones(scans, colorings, 1.0, chance(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
