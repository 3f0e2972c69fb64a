"""Between grey and color."""
import torch
import torch.nn.functional as F

from util.device import sent

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's mode L
# Of `recolored`: the knots of its curves, evenly spread (more make ink grey); how dark the darkest drawings and the
# lightest may become where they are not black, 0 black and 1 white; and the width in pixels from which on dark strokes
# are color and no lines, odd.
KNOTS, DARKEST, LIGHTEST, LINE_WIDTH = 5, 0.2, 0.9, 5


def to_channels(x: torch.Tensor, channels: int) -> torch.Tensor:
    """NCHW in [-1, 1] with 1 or 3 channels as 1 (luma) or 3 (repeated)."""
    if x.shape[1] == channels:
        return x
    if channels == 1:
        red, green, blue = (weight * x[:, number : number + 1] for number, weight in enumerate(LUMA))
        return red + green + blue
    return x.expand(-1, channels, -1, -1)


def chroma(x: torch.Tensor) -> torch.Tensor:
    """(N, 3, H, W) RGB as (N, 2, H, W): Cb and Cr of ITU-R BT.601, 0 for grey.

    Linear: the chroma of the difference of two images is the difference of their chromas.
    """
    red, _, blue = LUMA
    luma = to_channels(x, 1)
    return torch.cat([(x[:, 2:] - luma) / (2 - 2 * blue), (x[:, :1] - luma) / (2 - 2 * red)], 1)


def recolored(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The same drawings in other colors: of each, the channels change places, and each takes a random curve of its own.
    White stays white and black black, what is nearly so stays near, and what has one color keeps having one; but light
    may become dark, and dark light. How dark is drawn for each, so that scans of some have many tones, of others none.
    Lines stay as dark as they were beside their color: strokes narrower than LINE_WIDTH are taken off before and laid
    over the other colors after (else thin ones, which are grey, would fade).

    x: NCHW in [-1, 1]. generator: of random numbers, on the CPU.
    """
    count, channels = x.shape[:2]
    order = sent(torch.rand(count, channels, generator=generator).argsort(1), x.device)
    moved = x.gather(1, order.view(count, channels, 1, 1).expand_as(x))
    darkest = DARKEST + (LIGHTEST - DARKEST) * torch.rand(count, 1, 1, generator=generator)
    curves = darkest + (1 - darkest) * torch.rand(count, channels, KNOTS, generator=generator)
    curves[..., 0], curves[..., -1] = 0, 1
    curves = sent(curves, x.device).to(x.dtype)
    colors = without_lines(moved)
    place = ((colors + 1) / 2).clamp(0, 1) * (KNOTS - 1)
    knot = place.floor().clamp(max=KNOTS - 2)
    below, above = (curves.gather(2, (knot + step).long().flatten(2)).view_as(x) for step in (0, 1))
    light, light_without_lines = (to_channels(each, 1) + 1 for each in (moved, colors))
    lines = (light / light_without_lines.clamp(min=1e-3)).clamp(max=1)
    return below.lerp(above, place - knot) * lines * 2 - 1


def without_lines(x: torch.Tensor) -> torch.Tensor:
    """NCHW with dark strokes that are narrower than LINE_WIDTH in the color of what is beside them: the morphological
    closing, of each channel for itself."""
    return -_lightest_around(-_lightest_around(x))


def _lightest_around(x: torch.Tensor) -> torch.Tensor:
    """Of each pixel, the maximum of the LINE_WIDTH² around it; by rows and then by columns, which is less work."""
    rows = F.max_pool2d(x, (1, LINE_WIDTH), stride=1, padding=(0, LINE_WIDTH // 2))
    return F.max_pool2d(rows, (LINE_WIDTH, 1), stride=1, padding=(LINE_WIDTH // 2, 0))
