"""What is computed. Networks take plain arguments; `define_G` and `define_D` know them by name."""
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from models.networks.attention_unet import ENCODERS, AttentionUnet
from models.networks.layers import init_weights
from models.networks.losses import GANLoss, gradient_penalty
from models.networks.palette_unet import PaletteUnet
from models.networks.patchgan import NLayerDiscriminator, PixelDiscriminator
from models.networks.resnet import ResnetGenerator
from models.networks.scan_generator import ScanGenerator
from models.networks.unet import UnetGenerator
from util.errors import UserError

__all__ = ["DISCRIMINATORS", "ENCODERS", "GENERATORS", "GANLoss", "define_D", "define_G", "gradient_penalty"]

GENERATORS: dict[str, Callable[..., nn.Module]] = {
    "resnet_9blocks": partial(ResnetGenerator, n_blocks=9),
    "resnet_6blocks": partial(ResnetGenerator, n_blocks=6),
    "unet_64": partial(UnetGenerator, num_downs=6),
    "unet_128": partial(UnetGenerator, num_downs=7),
    "unet_256": partial(UnetGenerator, num_downs=8),
    "scan": ScanGenerator,
    "attn_unet": AttentionUnet,
    "palette_unet": PaletteUnet,
}
DISCRIMINATORS: dict[str, Callable[..., nn.Module]] = {
    "basic": lambda input_nc, ndf, n_layers_D, norm: NLayerDiscriminator(input_nc, ndf, 3, norm),
    "n_layers": lambda input_nc, ndf, n_layers_D, norm: NLayerDiscriminator(input_nc, ndf, n_layers_D, norm),
    "pixel": lambda input_nc, ndf, n_layers_D, norm: PixelDiscriminator(input_nc, ndf, norm),
    "attention": lambda input_nc, ndf, n_layers_D, norm: NLayerDiscriminator(input_nc, ndf, 3, norm, attention=3),
}


def define_G(
    input_nc: int, output_nc: int, ngf: int, netG: str, norm: str = "batch", use_dropout: bool = False,
    init_type: str = "normal", init_gain: float = 0.02, generator: torch.Generator | None = None,
    encoder: str = "conv",
) -> nn.Module:  # fmt: skip
    """A generator by name, initialised: (N, input_nc, H, W) → (N, output_nc, H, W), both in [-1, 1].

    ngf: channels of the first convolution. generator: CPU generator of the initial weights. norm: read by the
    networks whose design leaves it open. encoder: read by `attn_unet` only.
    Raises UserError for a name that is not in GENERATORS.
    """
    if netG not in GENERATORS:
        raise UserError(f"unknown --netG {netG}: choose one of {', '.join(GENERATORS)}")
    extra = {"encoder": encoder} if netG == "attn_unet" else {}
    net = GENERATORS[netG](input_nc, output_nc, ngf=ngf, norm=norm, use_dropout=use_dropout, **extra)
    init_weights(net, init_type, init_gain, generator)
    return net


def define_D(
    input_nc: int, ndf: int, netD: str, n_layers_D: int = 3, norm: str = "batch", init_type: str = "normal",
    init_gain: float = 0.02, generator: torch.Generator | None = None,
) -> nn.Module:  # fmt: skip
    """A discriminator by name, initialised: (N, input_nc, H, W) → (N, 1, h, w) logits.

    ndf: channels of the first convolution; n_layers_D: depth, read by `n_layers` only.
    Raises UserError for a name that is not in DISCRIMINATORS.
    """
    if netD not in DISCRIMINATORS:
        raise UserError(f"unknown --netD {netD}: choose one of {', '.join(DISCRIMINATORS)}")
    net = DISCRIMINATORS[netD](input_nc, ndf, n_layers_D, norm)
    init_weights(net, init_type, init_gain, generator)
    return net
