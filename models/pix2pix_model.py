"""pix2pix (Isola et al. 2017): pairs, a conditional PatchGAN and L1."""
import argparse
from typing import Any

import torch
from torch import nn

from models.base_model import BaseModel, Batch
from models.networks import GANLoss, gradient_penalty
from util.color import chroma
from util.errors import UserError
from util.option_types import positive, probability, rate, weight
from util.screentones import with_screentones


class Pix2PixModel(BaseModel):
    """G: A → B; D judges (A, B) stacked on the channel axis. The discriminator is updated first."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        parser.set_defaults(norm="batch", netG="unet_256", dataset_mode="aligned")
        if is_train:
            parser.set_defaults(pool_size=0, no_lsgan=True)
            add = parser.add_argument
            add("--lambda_GAN", type=weight, default=1.0,
                help="weight of the adversarial loss; 0: no discriminator, which makes steps faster")
            add("--lambda_L1", type=weight, default=100.0, help="weight of the L1 loss")
            add("--lambda_L1_final", type=weight,
                help="weight of the L1 loss in the last epoch, to which it goes in equal steps; lambda_L1 if not given")
            add("--lambda_L2", type=weight, default=0.0,
                help="weight of the squared error. As long as it is uncertain whose colors they are, L1 asks for their "
                "median, often a brown, and learns nothing from being a little surer; this asks for their mean")
            add("--lambda_chroma", type=weight, default=0.0,
                help="weight of the squared error of the chroma (Cb and Cr): of colors apart from how light they are, "
                "which is most of what the other losses see")
            add("--lambda_palette", type=weight, default=0.0,
                help="for --netG palette_unet: weight of the loss of its choices: their cross entropy, and how far the "
                "colors of the palette are from the true ones")
            add("--scan_tones", type=probability, default=0.0,
                help="probability to lay a random screentone over an area of one color in a scan, four times for each; "
                "for made scans above all, whose tones are less varied than those of true ones")
            add("--lr_D", type=rate, help="initial learning rate of the discriminator; lr if not given")
            add("--n_critic", type=positive, default=1,
                help="steps of the discriminator for each of the generator; 5 is usual for wgangp")  # fmt: skip
        return parser

    @staticmethod
    def check_options(opt: argparse.Namespace) -> None:
        if opt.isTrain and opt.lambda_chroma > 0 and opt.output_nc != 3:
            raise UserError("--lambda_chroma compares colors: leave it out or give --output_nc 3")
        if opt.isTrain and opt.lambda_palette > 0 and opt.netG != "palette_unet":
            raise UserError("--lambda_palette is for --netG palette_unet: add it")
        if opt.isTrain and opt.scan_tones > 0 and opt.direction == "BtoA":
            raise UserError("--scan_tones is for scans that are colored: give --scan_tones 0, or --direction AtoB")
        supervised = opt.isTrain and max(opt.lambda_L1, opt.lambda_L2, opt.lambda_chroma, opt.lambda_palette) > 0
        if opt.isTrain and opt.lr_policy == "plateau" and opt.plateau_on == "loss" and not supervised:
            raise UserError(
                "--lr_policy plateau needs a loss that tells progress: give --lambda_L1, --lambda_L2, --lambda_chroma "
                "or --lambda_palette a weight, or --plateau_on val"
            )
        if opt.isTrain and opt.lr_policy == "plateau" and opt.lambda_L1_final is not None:
            raise UserError(
                "--lr_policy plateau follows the weighted L1 loss, which --lambda_L1_final changes: leave out one of "
                "them"
            )

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        self.model_names = ["G"]
        self.visual_names = ["real_A", "fake_B", "real_B"]
        self.netG = self.build_G(opt.input_nc, opt.output_nc)
        if not self.isTrain:
            return
        self.adversarial = opt.lambda_GAN > 0
        self.metric_names = ["G_L1"] + ["G_L2"] * (opt.lambda_L2 > 0) + ["G_chroma"] * (opt.lambda_chroma > 0)
        self.metric_names += ["G_palette"] * (opt.lambda_palette > 0)
        self.loss_names = [*self.metric_names]
        self.criterion_l1, self.criterion_l2 = nn.L1Loss(), nn.MSELoss()
        self.optimizer_G = self.new_optimizer(self.netG)
        if self.adversarial:
            self.model_names.append("D")
            self.loss_names = ["G_GAN", *self.metric_names, "D_real", "D_fake"]
            self.netD = self.build_D(opt.input_nc + opt.output_nc)
            self.fake_AB_pool = self.pool("fake_AB")
            self.criterion_gan = GANLoss(opt.gan_mode)
            self.optimizer_D = self.new_optimizer(self.netD, rate="lr" if opt.lr_D is None else "lr_D")
        self.lambda_L1: float = opt.lambda_L1
        self.steps = 0  # of the discriminator, where there is one

    def start_epoch(self, epoch: int) -> None:
        super().start_epoch(epoch)
        final, last = self.opt.lambda_L1_final, self.stages[-1].last_epoch
        if final is not None:
            done = (epoch - 1) / max(1, last - 1)
            self.lambda_L1 = self.opt.lambda_L1 + done * (final - self.opt.lambda_L1)

    def set_input(self, input: Batch) -> None:
        super().set_input(input)
        self.real_A = self._with_tones(self.real_A)

    def _with_tones(self, scans: torch.Tensor) -> torch.Tensor:
        """The scans of a batch, with more screentones where those are wanted."""
        if not self.isTrain or self.opt.scan_tones == 0:
            return scans
        return with_screentones(scans, self.real_B, self.opt.scan_tones, self.generator)

    def forward(self) -> None:
        if self.isTrain and self.opt.lambda_palette > 0:
            self.fake_B, choice_loss = self.netG(self.real_A, self.real_B)
            self.choice_loss = choice_loss.mean()  # one a GPU, where several share the batch
        else:
            self.fake_B = self.netG(self.real_A)

    def optimize_parameters(self) -> None:
        generator_learns = not self.adversarial or self.steps % self.opt.n_critic == 0
        with torch.set_grad_enabled(generator_learns):
            self.forward()

        if self.adversarial:
            self.set_requires_grad(self.netD, True)
            self.optimizer_D.zero_grad()
            self.backward_D()
            self.step(self.optimizer_D)
            self.set_requires_grad(self.netD, False)
        self.steps += 1

        if generator_learns:
            self.optimizer_G.zero_grad()
            self.backward_G()
            self.step(self.optimizer_G)

    def backward_D(self) -> None:
        real_AB = torch.cat([self.real_A, self.real_B], 1)
        fake_AB = self.fake_AB_pool.query(torch.cat([self.real_A, self.fake_B], 1))
        of_fake, of_real = self.together(self.netD, fake_AB, real_AB)
        self.loss_D_fake, self.loss_D_real = self.criterion_gan(of_fake, False), self.criterion_gan(of_real, True)
        loss = (self.loss_D_fake + self.loss_D_real) * 0.5
        if self.opt.gan_mode == "wgangp":
            loss = loss + gradient_penalty(self.netD, real_AB, fake_AB, self.generator)
        self.backward(loss)

    def backward_G(self) -> None:
        loss = self.loss_G_L1 = self.criterion_l1(self.fake_B, self.real_B) * self.lambda_L1
        if self.opt.lambda_L2 > 0:
            self.loss_G_L2 = self.criterion_l2(self.fake_B, self.real_B) * self.opt.lambda_L2
            loss = loss + self.loss_G_L2
        if self.opt.lambda_chroma > 0:
            self.loss_G_chroma = chroma(self.fake_B - self.real_B).square().mean() * self.opt.lambda_chroma
            loss = loss + self.loss_G_chroma
        if self.opt.lambda_palette > 0:
            self.loss_G_palette = self.choice_loss * self.opt.lambda_palette
            loss = loss + self.loss_G_palette
        if self.adversarial:
            fake_AB = torch.cat([self.real_A, self.fake_B], 1)
            self.loss_G_GAN = self.criterion_gan(self.netD(fake_AB), True) * self.opt.lambda_GAN
            loss = self.loss_G_GAN + loss
        self.backward(loss)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"steps": self.steps}

    def own_state(self) -> dict[str, Any]:
        # The generator's losses are told again at steps in which only the critic learns.
        known = [name for name in self.loss_names if hasattr(self, f"loss_{name}")]  # none before the first step
        losses = {name: getattr(self, f"loss_{name}").detach().cpu() for name in known}
        return super().own_state() | {"losses": losses}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.steps = state.get("steps", 0)  # states from before --n_critic do without
        for name, value in state.get("losses", {}).items():
            setattr(self, f"loss_{name}", value.to(self.device))
        for name in self.loss_names:  # a new one, in a step in which only the critic learns
            if not hasattr(self, f"loss_{name}"):
                setattr(self, f"loss_{name}", torch.zeros((), device=self.device))
