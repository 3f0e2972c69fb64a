"""Pieces that several networks share: normalisation, initialisation, padding to a size a network can take."""
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from util.errors import UserError

NORMS = ("instance", "batch", "none")
INITS = ("normal", "xavier", "kaiming", "orthogonal")
BATCH_NORM_STD = 0.02
NormLayer = Callable[[int], nn.Module]


def get_norm_layer(norm: str = "instance") -> NormLayer:
    """The constructor of a normalisation over NCHW maps: instance (no weights), batch (affine) or none.

    Instance normalisation keeps no running statistics: it always uses those of the image itself.
    """
    layers: dict[str, NormLayer] = {
        "instance": partial(nn.InstanceNorm2d, affine=False, track_running_stats=False),
        "batch": partial(nn.BatchNorm2d, affine=True, track_running_stats=True),
        "none": lambda channels: nn.Identity(),
    }
    if norm not in layers:
        raise UserError(f"unknown --norm {norm}: choose one of {', '.join(NORMS)}")
    return layers[norm]


def needs_bias(norm: str) -> bool:
    """Whether a convolution before this norm has a bias: as in CycleGAN code, before instance norm only."""
    return norm == "instance"


def mixes_images(net: nn.Module) -> bool:
    """Whether what a network makes of an image hangs on the other images of the batch, or on chance."""
    dropouts = nn.modules.dropout._DropoutNd
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm | dropouts) for module in net.modules())


def init_weights(
    net: nn.Module, init_type: str = "normal", gain: float = 0.02, generator: torch.Generator | None = None
) -> None:
    """Initialise convolutions and linear layers in place: normal (std = gain), xavier (times gain), kaiming
    or orthogonal (times gain); biases 0; batch norm weights normal around 1, as CycleGAN does: with std = gain for
    normal, and BATCH_NORM_STD for the others, whose gain is a factor that may be 1. The sub-kernels of a
    SubpixelConv2d begin equal (ICNR).

    generator: where the random numbers come from (CPU); None uses torch's global one.
    """
    fill: dict[str, Callable[[torch.Tensor], object]] = {
        "normal": lambda w: nn.init.normal_(w, 0.0, gain, generator=generator),
        "xavier": lambda w: nn.init.xavier_normal_(w, gain=gain, generator=generator),
        "kaiming": lambda w: nn.init.kaiming_normal_(w, a=0, mode="fan_in", generator=generator),
        "orthogonal": lambda w: nn.init.orthogonal_(w, gain=gain, generator=generator),
    }
    if init_type not in fill:
        raise UserError(f"unknown --init_type {init_type}: choose one of {', '.join(INITS)}")
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            fill[init_type](module.weight)
            if isinstance(module, SubpixelConv2d):
                module.tie_subkernels()
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            std = gain if init_type == "normal" else BATCH_NORM_STD
            nn.init.normal_(module.weight, 1.0, std, generator=generator)
            nn.init.zeros_(module.bias)


class SubpixelConv2d(nn.Conv2d):
    """1×1 convolution to factor² × out_channels maps, which a PixelShuffle(factor) then lays out (Shi et al. 2016).

    Initialised by ICNR (Aitken et al. 2017): the factor² maps that become neighbors begin equal, so that the network
    begins as nearest-neighbor upscaling instead of a checkerboard.
    """

    def __init__(self, in_channels: int, out_channels: int, factor: int = 2) -> None:
        super().__init__(in_channels, out_channels * factor**2, 1)
        self.factor = factor
        self.tie_subkernels()

    @torch.no_grad()
    def tie_subkernels(self) -> None:
        """Give the maps that become neighbors the weights of the first of them."""
        for tensor in (self.weight, self.bias):
            if tensor is not None:
                tensor.copy_(tensor[:: self.factor**2].repeat_interleave(self.factor**2, dim=0))


class SelfAttention(nn.Module):
    """Simple self-attention: x + γ · (x xᵀ / N) (W x), x as C × N over the N = H·W positions; keeps the shape.

    W is a 1×1 convolution; γ is learned and begins at 0. Positions are compared through the C × C matrix of their
    second moments, so time and memory grow with N only. x xᵀ grows with N: divided by it, attention that was learned
    on small images means the same on a page.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        positions = x.shape[-2] * x.shape[-1]
        moments = _second_moments(x) / positions
        return x + self.gamma * torch.einsum("nij,njhw->nihw", moments, self.project(x))


def _second_moments(x: torch.Tensor) -> torch.Tensor:
    """x xᵀ, (N, C, C) of (N, C, H, W): in float32 where x has 16 bits, for a sum over a page leaves their range."""
    if isinstance(x, torch.Tensor) and x.dtype in (torch.float16, torch.bfloat16):
        with torch.autocast(x.device.type, enabled=False):
            return _second_moments(x.float())
    return torch.einsum("nihw,njhw->nij", x, x)


def run_padded(
    net: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, multiple: int, minimum: int = 1
) -> torch.Tensor:
    """`net(x)` for any height and width of NCHW x, for a net that needs multiples of `multiple`: x is padded as
    `pad_to_multiple` does, and what was added is cut off the result, which so has the size of x."""
    height, width = x.shape[-2:]
    padded = pad_to_multiple(x, multiple, minimum)
    return net(x) if padded is x else net(padded)[..., :height, :width]


def pad_to_multiple(x: torch.Tensor, multiple: int, minimum: int = 1) -> torch.Tensor:
    """NCHW x with its right and lower edges repeated outwards up to the next multiple of `multiple` (at least
    `minimum`, itself a multiple or 1); x itself where nothing is missing."""
    height, width = x.shape[-2:]
    # Rounded up by adding: exporters translate // as if it rounded towards zero.
    padded = [max((size + multiple - 1) // multiple, minimum // multiple) * multiple for size in (height, width)]
    if padded == [height, width]:
        return x
    return F.pad(x, (0, padded[1] - width, 0, padded[0] - height), mode="replicate")
