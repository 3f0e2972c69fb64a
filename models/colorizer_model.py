"""Stage two of the OnePunch method: colored drawings alone, made into pairs by a frozen scan generator."""
import argparse
from pathlib import Path

import torch

from models.base_model import Batch, bare
from models.pix2pix_model import Pix2PixModel
from models.trained import find_scan_generator, load_generator
from util.color import to_channels
from util.errors import UserError
from util.option_types import weight

SCAN_GENERATOR = "scan_generator.pth"  # the copy that the run keeps


class ColorizerModel(Pix2PixModel):
    """coloring → frozen scan generator → scan → G → colored again. G and D learn as in pix2pix, on pairs that the
    scan generator makes of each batch."""

    sides = ("B",)

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        Pix2PixModel.modify_commandline_options(parser, is_train)
        parser.set_defaults(dataset_mode="coloring", input_nc=1, netG="attn_unet", norm="instance", no_dropout=True)
        add = parser.add_argument
        add("--scan_generator", help="folder of the run, or file of weights, that makes scans of colorings")
        add("--scan_noise", type=weight, default=0.0,
            help="standard deviation of the noise that is added to the scans, where paper is 1 and ink -1: it covers "
            "faint traces of the colors that a scan generator may leave, and which real scans do not have")
        if is_train:
            parser.set_defaults(
                netD="attention", no_lsgan=False, pool_size=50, lambda_L1=10.0, lr=1e-4, lr_D=4e-4,
                stages=[64, 128, 256], niter=10, niter_decay=10, sample_freq=250,
            )  # fmt: skip
        return parser

    @staticmethod
    def check_options(opt: argparse.Namespace) -> None:
        Pix2PixModel.check_options(opt)
        path = _scan_generator_path(opt)
        if not path.exists():
            raise UserError(f"no scan generator {path}: give the folder of a run, or a file of weights")

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        found = find_scan_generator(_scan_generator_path(opt))
        if found.architecture["input_nc"] != opt.output_nc:
            raise UserError(
                f"{found.path} makes scans of images with {found.architecture['input_nc']} channels: give --output_nc "
                f"{found.architecture['input_nc']}, or another --scan_generator"
            )
        print(f"scan generator {found.path}, architecture from {found.source}")
        self.scan_generator = self._place(load_generator(found), "scan generator").requires_grad_(False).eval()

    def weights(self, epoch: int | str) -> dict[str, dict[str, torch.Tensor]]:
        """Beside the networks the scan generator: the run goes on without the one that it came from."""
        return super().weights(epoch) | {SCAN_GENERATOR: bare(self.scan_generator).state_dict()}

    def set_input(self, input: Batch) -> None:
        """Take a batch of colorings and make their scans."""
        self.real_B = self.to_device(input["B"])
        self.image_paths = input["B_paths"]
        with torch.no_grad():
            scans = to_channels(self.scan_generator(self.real_B), self.opt.input_nc)
            self.real_A = self._with_noise(scans) if self.isTrain else scans

    def _with_noise(self, scans: torch.Tensor) -> torch.Tensor:
        if self.opt.scan_noise == 0:
            return scans
        noise = torch.randn(scans.shape, generator=self.generator).to(scans)
        return (scans + self.opt.scan_noise * noise).clamp(-1, 1)


def _scan_generator_path(opt: argparse.Namespace) -> Path:
    """What --scan_generator names; a run that goes on, or is tested, has its own copy."""
    copy = Path(opt.checkpoints_dir) / opt.name / SCAN_GENERATOR
    goes_on = not opt.isTrain or opt.continue_train
    if goes_on and copy.is_file() and "scan_generator" not in opt.explicit:
        return copy
    if not opt.scan_generator:
        raise UserError("--model colorizer makes its pairs by itself: give --scan_generator FOLDER_OF_A_RUN")
    return Path(opt.scan_generator)
