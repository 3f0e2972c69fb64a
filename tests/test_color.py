"""Between grey and color, and other colors for the same drawings."""
import numpy as np
import torch
from PIL import Image

from util.color import chroma, recolored

PATCH = 9  # pixels, wider than any line


def picture(*colors: tuple[int, int, int]) -> torch.Tensor:
    """A square patch of each color beside the others: (1, 3, 9, 9N) in [-1, 1]."""
    pixels = torch.tensor(colors).T.reshape(1, 3, 1, -1) / 127.5 - 1
    return pixels.repeat_interleave(PATCH, 2).repeat_interleave(PATCH, 3)


def levels(x: torch.Tensor) -> list[list[int]]:
    """Of the patches' middles."""
    return ((x + 1) * 127.5).round().int()[0, :, PATCH // 2, PATCH // 2 :: PATCH].T.tolist()


def test_other_colors_leave_paper_white_and_ink_dark():
    chance = torch.Generator().manual_seed(0)
    x = picture((255, 255, 255), (14, 12, 20), (0, 0, 0), (250, 80, 20), (250, 80, 20), (30, 160, 60))
    seen = set()
    for _ in range(50):
        white, ink, black, red, red_too, green = levels(recolored(x, chance))
        assert white == [255, 255, 255]
        assert black == [0, 0, 0]
        assert max(ink) < 85
        assert red == red_too != green
        seen.add(red.index(max(red)))
    assert seen == {0, 1, 2}


def test_some_drawings_become_light_all_over_and_others_dark():
    """So that scans of them have all that is blank, or tones."""
    x = picture((70, 120, 200), (200, 150, 70), (80, 220, 90), (120, 90, 70), (230, 220, 180))
    chance = torch.Generator().manual_seed(0)
    darkest = [min(min(color) for color in levels(recolored(x, chance))) for _ in range(40)]
    assert sum(level > 195 for level in darkest) > 4
    assert sum(level < 105 for level in darkest) > 4


def test_lines_stay_as_dark_as_they_were_beside_their_color():
    """Thin ones too, which are grey where drawings are small; broad strokes are colors like others."""
    x = (picture((250, 200, 120), (120, 200, 250)) + 1) / 2
    darkness = 0.4
    for columns in (slice(3, 6), slice(12, 14)):
        x[..., columns] *= darkness
    chance = torch.Generator().manual_seed(0)
    for _ in range(20):
        y = (recolored(x * 2 - 1, chance) + 1) / 2
        for line, beside in ((4, 0), (12, 16)):
            torch.testing.assert_close(y[..., line], y[..., beside] * darkness)
    broad = picture((250, 200, 120), (100, 80, 48), (250, 200, 120))
    made = [levels(recolored(broad, chance)) for _ in range(20)]
    assert len({round(stroke[0] / beside[0], 1) for beside, stroke, _ in made}) > 3


def test_each_drawing_of_a_batch_gets_colors_of_its_own_and_the_same_again():
    x = picture((250, 80, 20)).repeat(4, 1, 1, 1)
    made = recolored(x, torch.Generator().manual_seed(1))
    assert len({tuple(each.flatten().tolist()) for each in made}) == 4
    assert torch.equal(made, recolored(x, torch.Generator().manual_seed(1)))
    assert recolored(x[:, :1], torch.Generator()).shape == (4, 1, PATCH, PATCH)  # grey ones too


def test_chroma_is_that_of_jpegs():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(rgb).convert("YCbCr"))[..., 1:].astype(float) - 128
    result = chroma(torch.from_numpy(rgb).permute(2, 0, 1)[None].float())[0].permute(1, 2, 0)
    assert np.abs(result.numpy() - expected).max() <= 1  # Pillow rounds
    assert chroma(torch.full((1, 3, 2, 2), 0.7)).abs().max() < 1e-6  # grey has none
