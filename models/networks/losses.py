"""Adversarial objectives. Discriminators give logits, one a patch."""
import torch
import torch.nn.functional as F
from torch import nn

from util.device import sent
from util.errors import UserError
from util.precision import full_precision

GAN_MODES = ("lsgan", "vanilla", "wgangp")


class GANLoss(nn.Module):
    """How far a discriminator's logits are from saying "real" or "fake", as a scalar.

    lsgan: squared distance to 1 or 0 (Mao et al. 2017); vanilla: cross entropy (Goodfellow et al. 2014);
    wgangp: the mean logit, negated for real (Arjovsky et al. 2017), to be used with `gradient_penalty`.
    """

    def __init__(self, gan_mode: str) -> None:
        super().__init__()
        if gan_mode not in GAN_MODES:
            raise UserError(f"unknown --gan_mode {gan_mode}: choose one of {', '.join(GAN_MODES)}")
        self.gan_mode = gan_mode

    def forward(self, prediction: torch.Tensor, target_is_real: bool) -> torch.Tensor:
        if self.gan_mode == "wgangp":
            return -prediction.mean() if target_is_real else prediction.mean()
        target = torch.full_like(prediction, 1.0 if target_is_real else 0.0)
        if self.gan_mode == "lsgan":
            return F.mse_loss(prediction, target)
        return F.binary_cross_entropy_with_logits(prediction, target)


def gradient_penalty(
    netD: nn.Module, real: torch.Tensor, fake: torch.Tensor, generator: torch.Generator | None = None,
    weight: float = 10.0,
) -> torch.Tensor:  # fmt: skip
    """WGAN-GP's penalty (Gulrajani et al. 2017): weight · (‖∇D‖ − 1)² at points between real and fake.

    real, fake: (N, C, H, W) of one shape. generator: CPU generator of the N mixing weights.
    """
    mix = sent(torch.rand(real.shape[0], 1, 1, 1, generator=generator), real.device).to(real.dtype)
    between = (mix * real.detach() + (1 - mix) * fake.detach()).requires_grad_()
    with full_precision():
        (gradient,) = torch.autograd.grad(netD(between).sum(), between, create_graph=True)
    # The small term keeps the square root's own gradient finite at zero.
    norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
    return weight * (norm - 1).square().mean()
