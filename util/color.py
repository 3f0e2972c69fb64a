"""Between grey and color."""
import torch

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's mode L
GAMMAS = (0.6, 2.5)  # of `recolored`: smaller ones make ink grey


def to_channels(x: torch.Tensor, channels: int) -> torch.Tensor:
    """NCHW in [-1, 1] with 1 or 3 channels as 1 (luma) or 3 (repeated)."""
    if x.shape[1] == channels:
        return x
    if channels == 1:
        weights = torch.tensor(LUMA, dtype=x.dtype, device=x.device).view(1, 3, 1, 1)
        return (x * weights).sum(1, keepdim=True)
    return x.expand(-1, channels, -1, -1)


def recolored(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The same drawings in other colors: of each, the channels change places, and each gets a gamma of its own, between
    0.6 and 2.5. Paper stays white and ink dark; what has one color keeps having one.

    x: NCHW in [-1, 1]. generator: of random numbers, on the CPU.
    """
    count, channels = x.shape[:2]
    order = torch.rand(count, channels, generator=generator).argsort(1).to(x.device)
    low, high = (torch.tensor(gamma).log() for gamma in GAMMAS)
    gammas = (low + (high - low) * torch.rand(count, channels, 1, 1, generator=generator)).exp().to(x)
    moved = x.gather(1, order.view(count, channels, 1, 1).expand_as(x))
    return ((moved + 1) / 2).clamp(0, 1) ** gammas * 2 - 1
