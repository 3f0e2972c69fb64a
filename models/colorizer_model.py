"""Stage two of the OnePunch method: colored drawings alone, made into pairs by a frozen scan generator."""
import argparse
from itertools import count, islice, takewhile
from pathlib import Path

import torch
from torch import nn

from models.base_model import Batch, bare
from models.pix2pix_model import Pix2PixModel
from models.trained import find_scan_generator, load_generator
from util.color import recolored, to_channels
from util.device import sent
from util.errors import UserError
from util.option_types import probability, weight

COPY = "scan_generator"  # how the copies are called that the run keeps


class ColorizerModel(Pix2PixModel):
    """coloring → frozen scan generator → scan → G → colored again. G and D learn as in pix2pix, on pairs that the
    scan generator makes of each batch; where there are several, one that is drawn for each batch."""

    sides = ("B",)

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        Pix2PixModel.modify_commandline_options(parser, is_train)
        parser.set_defaults(dataset_mode="coloring", input_nc=1, netG="attn_unet", norm="instance", no_dropout=True)
        add = parser.add_argument
        add("--scan_generator", nargs="+",
            help="folder of the run, or file of weights, that makes scans of colorings; of several, each batch takes "
            "one, so that what is learned hangs on the habits of none")
        add("--scan_noise", type=weight, default=0.0,
            help="standard deviation of the noise that is added to the scans, where paper is 1 and ink -1: it covers "
            "faint traces of the colors that a scan generator may leave, and which real scans do not have")
        if is_train:
            add("--scan_recolor", type=probability, default=1.0,
                help="probability that the scan of a drawing is made of the same drawing in other colors: what a scan "
                "generator makes of a color, a tone or solid black, would tell it, and does not in real scans")
            parser.set_defaults(
                netD="attention", no_lsgan=False, pool_size=50, lambda_L1=10.0, lr=1e-4, lr_D=4e-4,
                stages=[64, 128, 256], niter=10, niter_decay=10, sample_freq=250,
            )  # fmt: skip
        return parser

    @staticmethod
    def check_options(opt: argparse.Namespace) -> None:
        Pix2PixModel.check_options(opt)
        for path in _scan_generator_paths(opt):
            if not path.exists():
                raise UserError(f"no scan generator {path}: give the folder of a run, or a file of weights")

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        self.scan_generators = [self._scan_generator(path) for path in _scan_generator_paths(opt)]

    def _scan_generator(self, path: Path) -> nn.Module:
        found = find_scan_generator(path)
        if found.architecture["input_nc"] != self.opt.output_nc:
            raise UserError(
                f"{found.path} makes scans of images with {found.architecture['input_nc']} channels: give --output_nc "
                f"{found.architecture['input_nc']}, or another --scan_generator"
            )
        print(f"scan generator {found.path}, architecture from {found.source}")
        return self._place(load_generator(found), "scan generator").requires_grad_(False).eval()

    def weights(self, epoch: int | str) -> dict[str, dict[str, torch.Tensor]]:
        """Beside the networks the scan generators: the run goes on without those that they came from."""
        kept = {_copy(number): bare(net).state_dict() for number, net in enumerate(self.scan_generators)}
        return super().weights(epoch) | kept

    def set_input(self, input: Batch) -> None:
        """Take a batch of colorings and make their scans."""
        self.begin_step()
        self.real_B = self.to_device(input["B"])
        self.image_paths = input["B_paths"]
        with torch.no_grad():
            scans = to_channels(self._drawn()(self._shown()), self.opt.input_nc)
            self.real_A = self._with_noise(self._with_tones(scans)) if self.isTrain else scans

    def _shown(self) -> torch.Tensor:
        """The colorings as the scan generator sees them, some in other colors."""
        if not self.isTrain or self.opt.scan_recolor == 0:
            return self.real_B
        chosen = torch.rand(len(self.real_B), generator=self.generator) < self.opt.scan_recolor
        others = recolored(self.real_B, self.generator)
        return torch.where(sent(chosen, self.device).view(-1, 1, 1, 1), others, self.real_B)

    def _drawn(self) -> nn.Module:
        """The scan generator of this batch."""
        several = self.isTrain and len(self.scan_generators) > 1
        drawn = int(torch.randint(len(self.scan_generators), (), generator=self.generator)) if several else 0
        return self.scan_generators[drawn]

    def _with_noise(self, scans: torch.Tensor) -> torch.Tensor:
        if self.opt.scan_noise == 0:
            return scans
        noise = sent(torch.randn(scans.shape, generator=self.generator), self.device)
        return (scans + self.opt.scan_noise * noise).clamp(-1, 1)


def _copy(number: int) -> str:
    return f"{COPY}{f'_{number + 1}' if number else ''}.pth"


def _scan_generator_paths(opt: argparse.Namespace) -> list[Path]:
    """What --scan_generator names; a run that goes on, or is tested, has its own copies."""
    run = Path(opt.checkpoints_dir) / opt.name
    goes_on = not opt.isTrain or opt.continue_train
    if goes_on and (run / _copy(0)).is_file() and "scan_generator" not in opt.explicit:
        copies = takewhile(Path.is_file, (run / _copy(number) for number in count()))
        return list(islice(copies, len(opt.scan_generator) if opt.scan_generator else None))  # more are of before
    if not opt.scan_generator:
        raise UserError("--model colorizer makes its pairs by itself: give --scan_generator FOLDER_OF_A_RUN")
    return [Path(path) for path in opt.scan_generator]
