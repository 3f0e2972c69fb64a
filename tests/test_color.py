"""Between grey and color, and other colors for the same drawings."""
import numpy as np
import torch
from PIL import Image

from util.color import chroma, recolored


def picture(*colors: tuple[int, int, int]) -> torch.Tensor:
    """One pixel a color: (1, 3, 1, N) in [-1, 1]."""
    return torch.tensor(colors).T.reshape(1, 3, 1, -1) / 127.5 - 1


def levels(x: torch.Tensor) -> list[list[int]]:
    return ((x + 1) * 127.5).round().int()[0, :, 0].T.tolist()


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


def test_each_drawing_of_a_batch_gets_colors_of_its_own_and_the_same_again():
    x = picture((250, 80, 20)).repeat(4, 1, 1, 1)
    made = recolored(x, torch.Generator().manual_seed(1))
    assert len({tuple(each.flatten().tolist()) for each in made}) == 4
    assert torch.equal(made, recolored(x, torch.Generator().manual_seed(1)))
    assert recolored(x[:, :1], torch.Generator()).shape == (4, 1, 1, 1)  # grey ones too


def test_chroma_is_that_of_jpegs():
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(rgb).convert("YCbCr"))[..., 1:].astype(float) - 128
    result = chroma(torch.from_numpy(rgb).permute(2, 0, 1)[None].float())[0].permute(1, 2, 0)
    assert np.abs(result.numpy() - expected).max() <= 1  # Pillow rounds
    assert chroma(torch.full((1, 3, 2, 2), 0.7)).abs().max() < 1e-6  # grey has none
