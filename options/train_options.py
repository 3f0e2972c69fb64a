"""Options of train.py."""
import argparse
from pathlib import Path

from models.networks.losses import GAN_MODES
from models.networks.patchgan import NLayerDiscriminator
from models.schedulers import POLICIES
from models.trained import saved_options
from options.base_options import BaseOptions, full_name
from util.errors import UserError
from util.option_types import natural, positive

# What makes a checkpoint's networks; can't change when a run is continued.
ARCHITECTURE = (
    "model", "input_nc", "output_nc", "ngf", "ndf", "netG", "netG_A", "netG_B", "netD", "n_layers_D", "norm",
    "no_dropout",
)


class TrainOptions(BaseOptions):
    """With --continue_train the options of the run in checkpoints/NAME are the defaults."""

    isTrain = True

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        super().initialize(parser)
        add = parser.add_argument
        add("--display_freq", type=positive, default=400,
            help="frequency of showing training results in TensorBoard, in images")
        add("--display_ncols", type=int, default=4,
            help="if positive, TensorBoard shows all images in a single grid with this number of images per "
            "row, otherwise each on its own")
        add("--display_id", type=int, default=1, help="0 or less: no TensorBoard")
        add("--display_server", default="http://localhost", help="host in the tensorboard command that is printed")
        add("--display_env", default="main", help="name of the run under the TensorBoard log folder")
        add("--display_port", type=positive, default=8097, help="port in the tensorboard command that is printed")
        add("--update_html_freq", type=positive, default=1000,
            help="frequency of saving training results to html, in images")
        add("--print_freq", type=positive, default=100,
            help="frequency of showing training results on console, in images")
        add("--save_latest_freq", type=positive, default=5000,
            help="frequency of saving the latest results, in images")
        add("--save_epoch_freq", type=positive, default=5,
            help="frequency of saving checkpoints at the end of epochs")
        add("--continue_train", action="store_true", help="continue training: load the latest model")
        add("--epoch_count", type=positive, default=1,
            help="the starting epoch count; with --continue_train it overrides the epoch that was saved")
        add("--phase", default="train", help="train, val, test, etc")
        add("--niter", "--n_epochs", type=natural, default=100, help="# of iter at starting learning rate, in epochs")
        add("--niter_decay", "--n_epochs_decay", type=natural, default=100,
            help="# of iter to linearly decay learning rate to zero, in epochs")
        add("--beta1", type=float, default=0.5, help="momentum term of adam")
        add("--lr", type=float, default=0.0002, help="initial learning rate for adam")
        add("--no_lsgan", action="store_true",
            help="do *not* use least square GAN, if false, use vanilla GAN")
        add("--gan_mode", choices=GAN_MODES,
            help="the GAN objective; lsgan where neither this nor --no_lsgan is given")
        add("--pool_size", type=natural, default=50,
            help="the size of image buffer that stores previously generated images")
        add("--no_html", action="store_true",
            help="do not save intermediate training results to [opt.checkpoints_dir]/[opt.name]/web/")
        add("--lr_policy", choices=(*POLICIES, "linear"), default="lambda",
            help="learning rate policy; linear is another name of lambda")
        add("--lr_decay_iters", type=positive, default=50,
            help="multiply by a gamma every lr_decay_iters iterations (policy step; counted in epochs)")

    def recall(self, parser: argparse.ArgumentParser, opt: argparse.Namespace) -> None:
        if opt.continue_train:
            saved = saved_options(Path(opt.checkpoints_dir) / full_name(opt))
            own = {"name", "checkpoints_dir", "continue_train", "epoch", "epoch_count", "suffix"}
            parser.set_defaults(**{k: v for k, v in saved.items() if k in vars(opt) and k not in own})

    def check(self, opt: argparse.Namespace) -> None:
        _settle_gan_mode(opt)
        opt.lr_policy = "lambda" if opt.lr_policy == "linear" else opt.lr_policy
        if opt.resize_or_crop.endswith("_and_crop") and opt.fineSize > opt.loadSize:
            raise UserError(
                f"--fineSize {opt.fineSize} is larger than --loadSize {opt.loadSize}: images are scaled to loadSize "
                "and then cropped to fineSize, so give a fineSize of at most loadSize"
            )
        if opt.batch_size > 1 and not opt.resize_or_crop.endswith("crop"):
            raise UserError(
                f"--resize_or_crop {opt.resize_or_crop} leaves images of several sizes, which make no batch of "
                f"{opt.batch_size}: give --batch_size 1 or --resize_or_crop scale_width_and_crop"
            )
        if opt.gan_mode == "wgangp" and opt.norm == "batch":
            raise UserError(
                "--gan_mode wgangp penalises each image's gradient, which --norm batch mixes: give --norm instance "
                "or --norm none"
            )
        if opt.gan_mode == "wgangp" and not opt.resize_or_crop.endswith("crop"):
            raise UserError(
                f"--gan_mode wgangp mixes images, which --resize_or_crop {opt.resize_or_crop} leaves of several sizes: "
                "give --resize_or_crop scale_width_and_crop"
            )
        smallest = NLayerDiscriminator.smallest_input(3 if opt.netD == "basic" else opt.n_layers_D)
        if opt.netD != "pixel" and opt.resize_or_crop.endswith("crop") and opt.fineSize < smallest:
            raise UserError(
                f"--fineSize {opt.fineSize} is too small for the discriminator: give at least {smallest}, or "
                "--netD n_layers with a smaller --n_layers_D, or --netD pixel"
            )
        if opt.niter + opt.niter_decay == 0:
            raise UserError("--niter 0 and --niter_decay 0 leave nothing to train: give one of them an epoch")
        if "epoch_count" in opt.explicit and opt.epoch_count > opt.niter + opt.niter_decay:
            raise UserError(
                f"--epoch_count {opt.epoch_count} is beyond the last epoch, {opt.niter + opt.niter_decay}: give a "
                "larger --niter or --niter_decay"
            )
        if not opt.lr > 0:
            raise UserError(f"--lr {opt.lr:g} learns nothing: give a rate above 0, such as 0.0002")
        if not 0 <= opt.beta1 < 1:
            raise UserError(f"--beta1 {opt.beta1:g} is outside 0 to 1: give a momentum such as 0.5")
        if opt.continue_train:
            if opt.epoch.isdecimal() and "epoch_count" not in opt.explicit:
                opt.epoch_count = int(opt.epoch) + 1
            _same_architecture(opt)
        else:
            _not_trained_yet(opt)


def _settle_gan_mode(opt: argparse.Namespace) -> None:
    """One name for the objective, from the seed's --no_lsgan and the newer --gan_mode."""
    if {"no_lsgan", "gan_mode"} <= opt.explicit and opt.gan_mode == "lsgan":
        raise UserError("--no_lsgan and --gan_mode lsgan contradict each other: give one of them")
    if opt.gan_mode is None or ("no_lsgan" in opt.explicit and "gan_mode" not in opt.explicit):
        opt.gan_mode = "vanilla" if opt.no_lsgan else "lsgan"
    opt.no_lsgan = opt.gan_mode != "lsgan"


def _same_architecture(opt: argparse.Namespace) -> None:
    """A run goes on with the networks that it has."""
    run = Path(opt.checkpoints_dir) / opt.name
    saved = saved_options(run)
    for key in ARCHITECTURE:
        if key in saved and key in vars(opt) and saved[key] != getattr(opt, key):
            raise UserError(
                f"{run} was trained with {key} {saved[key]}: leave out --{key} to continue it, or give another --name"
            )


def _not_trained_yet(opt: argparse.Namespace) -> None:
    """A new run does not write over the weights of an older one, which it could then be mistaken for."""
    run = Path(opt.checkpoints_dir) / opt.name
    if any(run.glob("*_net_*.pth")):
        raise UserError(f"{run} holds weights already: add --continue_train to go on, or give another --name")
