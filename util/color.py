"""Between grey and color."""
import torch

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's mode L


def to_channels(x: torch.Tensor, channels: int) -> torch.Tensor:
    """NCHW in [-1, 1] with 1 or 3 channels as 1 (luma) or 3 (repeated)."""
    if x.shape[1] == channels:
        return x
    if channels == 1:
        weights = torch.tensor(LUMA, dtype=x.dtype, device=x.device).view(1, 3, 1, 1)
        return (x * weights).sum(1, keepdim=True)
    return x.expand(-1, channels, -1, -1)
