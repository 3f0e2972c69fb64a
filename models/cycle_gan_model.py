"""CycleGAN (Zhu et al. 2017): two domains without pairs, translated there and back.

A is the scan, B the coloring. G_A: A → B, G_B: B → A; D_A judges colorings, D_B judges scans.
"""
import argparse

import torch
from torch import nn

from models.base_model import BaseModel
from models.networks import GANLoss, gradient_penalty
from util.color import to_channels
from util.image_pool import ImagePool
from util.option_types import weight


class CycleGANModel(BaseModel):
    """Losses of a step: the generators' adversarial losses, λ·L1 of the way there and back, and identity."""

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        parser.set_defaults(no_dropout=True)  # CycleGAN's generators use none
        add = parser.add_argument
        add("--netG_A", help="generator A→B, where it differs from --netG")
        add("--netG_B", help="generator B→A, where it differs from --netG")
        if is_train:
            add("--lambda_A", type=weight, default=10.0, help="weight of the cycle loss A → B → A")
            add("--lambda_B", type=weight, default=10.0, help="weight of the cycle loss B → A → B")
            add(
                "--lambda_identity", type=weight, default=0.5,
                help="weight of the identity loss, relative to lambda_A and lambda_B: a generator should keep "
                "what already is in its target domain; 0 switches it off",
            )  # fmt: skip
        return parser

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        self.model_names = ["G_A", "G_B"]
        self.visual_names = ["real_A", "fake_B", "rec_A", "real_B", "fake_A", "rec_B"]
        self.netG_A = self.build_G(opt.input_nc, opt.output_nc, opt.netG_A)
        self.netG_B = self.build_G(opt.output_nc, opt.input_nc, opt.netG_B)
        if not self.isTrain:
            return
        self.model_names += ["D_A", "D_B"]
        self.loss_names = ["D_A", "G_A", "cycle_A", "D_B", "G_B", "cycle_B"]
        self.metric_names = ["cycle_A", "cycle_B"]
        if opt.lambda_identity > 0:
            self.loss_names = ["D_A", "G_A", "cycle_A", "idt_A", "D_B", "G_B", "cycle_B", "idt_B"]
            self.visual_names = ["real_A", "fake_B", "rec_A", "idt_B", "real_B", "fake_A", "rec_B", "idt_A"]
        self.netD_A = self.build_D(opt.output_nc)
        self.netD_B = self.build_D(opt.input_nc)
        self.fake_B_pool = self.pool("fake_B")
        self.fake_A_pool = self.pool("fake_A")
        self.criterion_gan = GANLoss(opt.gan_mode)
        self.criterion_l1 = nn.L1Loss()
        self.optimizer_G = self.new_optimizer(self.netG_A, self.netG_B)
        self.optimizer_D = self.new_optimizer(self.netD_A, self.netD_B)

    def forward(self) -> None:
        """There and back; in training, also what the generators make of images of their target domain. Where the
        domains differ in channels, they are handed the target's luma, or its grey repeated."""
        opt = self.opt
        if self.isTrain and opt.lambda_identity > 0:
            colorings, scans = to_channels(self.real_B, opt.input_nc), to_channels(self.real_A, opt.output_nc)
            self.fake_B, self.idt_A = self.together(self.netG_A, self.real_A, colorings)
            self.fake_A, self.idt_B = self.together(self.netG_B, self.real_B, scans)
        else:
            self.fake_B, self.fake_A = self.netG_A(self.real_A), self.netG_B(self.real_B)
        self.rec_A, self.rec_B = self.netG_B(self.fake_B), self.netG_A(self.fake_A)

    def optimize_parameters(self) -> None:
        self.forward()

        self.set_requires_grad([self.netD_A, self.netD_B], False)
        self.optimizer_G.zero_grad()
        self.backward_G()
        self.step(self.optimizer_G)

        self.set_requires_grad([self.netD_A, self.netD_B], True)
        self.optimizer_D.zero_grad()
        self.backward_D_A()
        self.backward_D_B()
        self.step(self.optimizer_D)

    def backward_G(self) -> None:
        opt = self.opt
        self.loss_G_A = self.criterion_gan(self.netD_A(self.fake_B), True)
        self.loss_G_B = self.criterion_gan(self.netD_B(self.fake_A), True)
        self.loss_cycle_A = self.criterion_l1(self.rec_A, self.real_A) * opt.lambda_A
        self.loss_cycle_B = self.criterion_l1(self.rec_B, self.real_B) * opt.lambda_B
        loss = self.loss_G_A + self.loss_G_B + self.loss_cycle_A + self.loss_cycle_B
        if opt.lambda_identity > 0:
            loss = loss + self.identity_loss()
        self.backward(loss)

    def identity_loss(self) -> torch.Tensor:
        """A generator leaves its target domain alone, and gives back colors that it is handed the luma of."""
        opt = self.opt
        self.loss_idt_A = self.criterion_l1(self.idt_A, self.real_B) * opt.lambda_B * opt.lambda_identity
        self.loss_idt_B = self.criterion_l1(self.idt_B, self.real_A) * opt.lambda_A * opt.lambda_identity
        return self.loss_idt_A + self.loss_idt_B

    def backward_D_A(self) -> None:
        self.loss_D_A = self._backward_D(self.netD_A, self.real_B, self.fake_B, self.fake_B_pool)

    def backward_D_B(self) -> None:
        self.loss_D_B = self._backward_D(self.netD_B, self.real_A, self.fake_A, self.fake_A_pool)

    def _backward_D(
        self, netD: nn.Module, real: torch.Tensor, fake: torch.Tensor, pool: ImagePool
    ) -> torch.Tensor:
        fake = pool.query(fake)
        of_real, of_fake = self.together(netD, real, fake)
        loss = (self.criterion_gan(of_real, True) + self.criterion_gan(of_fake, False)) * 0.5
        if self.opt.gan_mode == "wgangp":
            loss = loss + gradient_penalty(netD, real, fake, self.generator)
        self.backward(loss)
        return loss
