"""One generator and no discriminators: what test.py colors with."""
import argparse

from models.base_model import BaseModel, Batch
from models.trained import find_generator, saved_options
from util.errors import UserError


class TestModel(BaseModel):
    """Finds the generator for --direction among the files of a checkpoint: G, or G_A / G_B of a CycleGAN."""

    sides = ("A",)

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        if is_train:
            raise UserError("--model test can't be trained: give cycle_gan or pix2pix")
        parser.set_defaults(dataset_mode="single")
        return parser

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        found = find_generator(
            self.save_dir, opt.epoch, opt.direction, saved_options(self.save_dir), opt.model_suffix
        )
        print(f"generator {found.path}, architecture from {found.source or 'the options'}")
        self.visual_names = ["real", "fake"]
        self.model_names = [found.name]
        self.netG = self.build_G(opt.input_nc, opt.output_nc)
        setattr(self, f"net{found.name}", self.netG)

    def set_input(self, input: Batch) -> None:
        self.real = self.to_device(input["A"])
        self.image_paths = input["A_paths"]

    def forward(self) -> None:
        self.fake = self.netG(self.real)

    def optimize_parameters(self) -> None:
        raise UserError("--model test can't be trained")
