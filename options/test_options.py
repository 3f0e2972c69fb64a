"""Options of test.py."""
import argparse
from pathlib import Path

from coloring.layers.files import LAYER_FORMATS
from models.trained import ARCHITECTURE, EXTRAS, find_generator, needs_eval, saved_options
from options.base_options import UNNAMED, BaseOptions, full_name
from util.errors import UserError
from util.files import settled
from util.option_types import size_limit
from util.precision import PRECISIONS

# Beside the architecture, what test.py takes from the training: the size that the networks know.
SCALE = ("loadSize", "fineSize", "resize_or_crop", "page_size", "panel_size")
# The run whose weights come with the project, and where they lie.
SHIPPED, SHIPPED_DIR = "manga_color", Path(__file__).resolve().parents[1] / "checkpoints"


class TestOptions(BaseOptions):
    """The architecture and the scale of the checkpoint are the defaults; the checkpoint's default is what ships."""

    isTrain = False
    __test__ = False  # not a test case, whatever the name says

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        super().initialize(parser)
        add = parser.add_argument
        add("--results_dir", default="./results/", help="saves results here")
        add("--aspect_ratio", type=float, default=1.0,
            help="aspect ratio of result images: above 1 widens them, below 1 heightens them")
        add("--phase", default="test", help="train, val, test, etc")
        add("--eval", action="store_true",
            help="use eval mode during test time: batch norm with the statistics of the training, no dropout; the "
            "default for batch norms that were trained with several images at once")
        add("--no_eval", dest="eval", action="store_false", default=False,
            help="batch norm with the statistics of the image")
        add("--num_test", "--how_many", type=size_limit, default=float("inf"), help="how many test images to run")
        add("--model_suffix", default="",
            help="in checkpoints_dir, [epoch]_net_G[model_suffix].pth will be loaded as the generator")
        add("--precision", choices=PRECISIONS, default="auto",
            help="what networks compute with, whatever it was in training: float32, or bfloat16 or float16, which "
            "newer hardware is faster with; auto: bfloat16 where the hardware is made for it")
        add("--no_ema", action="store_true",
            help="color with the weights of the last step, where there are averaged ones too")
        add("--layers", choices=tuple(LAYER_FORMATS),
            help="also write the layers of each colored page, to finish by hand: an OpenRaster file, a PSD, or a folder"
            " of PNG files")
        parser.set_defaults(model="test")

    def add_dataroot(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--dataroot", nargs="+",
            help="what to color: images, folders, lists of images, CBZ or ZIP archives, PDFs, folders of volumes, or a "
            "data set, whose PHASEA is meant; models other than test take one folder or image",
        )  # fmt: skip

    def add_name(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--name",
            help="the run that colors; unless given, that of a training without a name, else what ships here",
        )

    def recall(self, parser: argparse.ArgumentParser, opt: argparse.Namespace) -> None:
        if opt.name is None:
            _choose_shipped(parser, opt)
        run = Path(opt.checkpoints_dir) / full_name(opt)
        saved = saved_options(run)
        # Comes into force in the second call; pix2pix knows no other direction.
        parser.set_defaults(direction=saved.get("direction", "AtoB"))
        if opt.model == "test":
            found = find_generator(run, opt.epoch, opt.direction, saved, opt.model_suffix)
            known = dict(found.architecture)
        else:
            known = {k: v for k, v in saved.items() if k in ("netG_A", "netG_B", *ARCHITECTURE, *EXTRAS)}
        known |= {key: saved[key] for key in SCALE if key in saved}
        known["eval"] = needs_eval(saved | known)
        parser.set_defaults(**{key: value for key, value in known.items() if key in vars(opt)})
        parser.set_defaults(crop_part=saved.get("crop_part"))

    def check(self, opt: argparse.Namespace) -> None:
        # Pages come one by one, in order, as they are.
        opt.batch_size, opt.serial_batches, opt.no_flip = 1, True, True
        opt.dataroots = opt.dataroot or []
        if opt.model != "test" and len(opt.dataroots) > 1:
            raise UserError(f"--model {opt.model} shows one --dataroot: leave out --model to color several")
        if opt.model != "test" and opt.layers:
            raise UserError(f"--model {opt.model} writes no layers. Drop --layers or --model.")
        opt.dataroot = opt.dataroots[0] if opt.dataroots else None
        if not 0 < opt.aspect_ratio < float("inf"):
            raise UserError(f"--aspect_ratio {opt.aspect_ratio:g} leaves no image: give a number above 0, such as 1")


def _choose_shipped(parser: argparse.ArgumentParser, opt: argparse.Namespace) -> None:
    """Without --name: the run that train.py makes without one, else what comes with the project."""
    opt.name = UNNAMED if settled(Path(opt.checkpoints_dir) / UNNAMED, "*_net_G*.pth") else SHIPPED
    if opt.name == SHIPPED and opt.checkpoints_dir == parser.get_default("checkpoints_dir"):
        opt.checkpoints_dir = str(SHIPPED_DIR)
    parser.set_defaults(name=opt.name, checkpoints_dir=opt.checkpoints_dir)
