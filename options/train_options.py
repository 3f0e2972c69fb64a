"""Options of train.py."""
import argparse
from pathlib import Path

from data import dataset_modes, find_dataset
from data.cache import CACHES
from data.shards import names_shards
from data.transforms import SQUARES
from models.networks.losses import GAN_MODES
from models.networks.patchgan import NLayerDiscriminator
from models.schedulers import POLICIES
from models.trained import saved_options
from options.base_options import BaseOptions, full_name
from util import elastic
from util.distributed import here
from util.errors import UserError
from util.files import settled
from util.metrics import METRICS
from util.option_types import aspect, gigabytes, natural, positive, positives, probability, rate, share, weight
from util.precision import MEMORY_FORMATS, PRECISIONS
from util.stages import plan_stages

# What makes a checkpoint's networks; can't change when a run is continued.
ARCHITECTURE = (
    "model", "input_nc", "output_nc", "ngf", "ndf", "netG", "netG_A", "netG_B", "netD", "n_layers_D", "norm",
    "no_dropout", "encoder",
)
OPTIMIZERS = ("adam", "muon")
VALIDATED_WITH = {"scan": "valA", "truth": "valB", "labels": "valL", "paper": "valP"}  # folders of what metrics need
# What makes training faster without a trace in what is learned, beyond rounding.
OPTIMISATIONS = ("batched_passes", "fused_adam")


class TrainOptions(BaseOptions):
    """With --continue_train the options of the run in checkpoints/NAME are the defaults.

    Where torchrun has started the same training before, --continue_train goes without saying.
    """

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
        add("--stages", type=positives,
            help="progressive training: image sizes to train at one after the other, such as 64,128,256, each for "
            "niter + niter_decay epochs; takes the place of fineSize")
        add("--stage_epochs", type=positives,
            help="epochs of the stages, where they differ, such as 20,20,40")
        add("--stage_batch_sizes", type=positives,
            help="batch sizes of the stages, where they differ, such as 16,8,4")
        add("--encoder_weights",
            help="file of pretrained weights for the encoder of attn_unet: those of a ResNet of torchvision, or of "
            "one pretrained on Danbooru")
        add("--freeze_encoder", action="store_true", help="keep the encoder of attn_unet as it was pretrained")
        add("--sample_freq", type=natural, default=0,
            help="frequency of saving what the model makes to [opt.checkpoints_dir]/[opt.name]/samples/, in "
            "iterations (batches); 0: never")
        add("--optimizer", choices=OPTIMIZERS, default="adam",
            help="muon: learns more from each step, which takes longer, above all with few images in a batch")
        add("--beta1", type=float, default=0.5, help="momentum term of the optimizer")
        add("--lr", type=rate, default=0.0002, help="initial learning rate of the optimizer")
        add("--no_lsgan", action="store_true",
            help="do *not* use least square GAN, if false, use vanilla GAN")
        add("--gan_mode", choices=GAN_MODES,
            help="the GAN objective; lsgan where neither this nor --no_lsgan is given")
        add("--pool_size", type=natural, default=50,
            help="the size of image buffer that stores previously generated images")
        add("--no_html", action="store_true",
            help="do not save intermediate training results to [opt.checkpoints_dir]/[opt.name]/web/")
        add("--max_bad_images", type=probability, default=0.05,
            help="share of the training images that may be unreadable: others stand in for them; the run stops when "
            "there are more")
        add("--shuffle_buffer", type=natural, default=1000,
            help="only used if dataroot names shards: how many images of each domain a loading process holds, to give "
            "a random one of them each time")
        add("--cache", choices=CACHES, default="none",
            help="keep images decoded and scaled, so that later epochs need not do it again: in ram, or on the disk, "
            "also for later runs")
        add("--cache_dir", help="folder of what is kept on the disk; else manga-colorization in $XDG_CACHE_HOME, or in "
            "~/.cache")
        add("--cache_gb", type=gigabytes, default=4.0, help="only used if cache==ram: how much memory, in gigabytes")
        add("--precision", choices=PRECISIONS, default="auto",
            help="what networks compute with: float32 or, with float32 weights and losses, bfloat16 or float16, which "
            "newer hardware is faster with; auto: bfloat16 where the hardware is made for it")
        add("--ema", type=probability, default=0.999,
            help="average the generators' weights over steps, with this decay (less at first); test.py colors with the "
            "averages; 0: do not")
        add("--val_freq", type=natural, default=5000,
            help="frequency of measuring how well the drawings in [dataroot]/valA are colored, in images; 0: never. "
            "The truth is what has the same name in valB, if there is such a folder")
        add("--val_dataroot", help="folder with valA and valB, if that is not dataroot")
        add("--val_images", type=positive, default=100, help="how many drawings are colored for that, at most")
        add("--best_metric", choices=[name for name, metric in METRICS.items() if metric.better],
            help="which figure tells the best networks so far, which are kept as those of epoch best; unless given, "
            "ciede2000_colored")
        add("--plateau_on", choices=("loss", "val"), default="loss",
            help="what lr_policy plateau follows: the reconstruction loss, or the best_metric on drawings in valA")
        add("--compile", action="store_true",
            help="let torch compile the networks: faster steps after some minutes of warming up")
        add("--memory_format", choices=MEMORY_FORMATS, default="auto",
            help="how images and maps lie in memory; auto: channels_last for 16 bits on CUDA, else contiguous")
        add("--without", nargs="+", choices=OPTIMISATIONS, default=[],
            help="to see what they bring: optimisations to do without")
        add("--lr_policy", choices=(*POLICIES, "linear"), default="lambda",
            help="learning rate policy; linear is another name of lambda")
        add("--lr_decay_iters", type=positive, default=50,
            help="multiply by a gamma every lr_decay_iters iterations (policy step; counted in epochs)")
        self.add_augmentation(parser)

    def add_augmentation(self, parser: argparse.ArgumentParser) -> None:
        """Add the options that vary drawings."""
        add = parser.add_argument
        add("--rotation", type=weight, default=0.0, help="turn images by up to this many degrees, either way")
        add("--perspective", type=probability, default=0.0,
            help="see images from aside: each corner moves inward by up to half this part of the width and height")
        add("--perspective_p", type=probability, default=0.5, help="probability of the perspective")
        add("--blur_p", type=probability, default=0.0, help="probability of a slight blur")
        add("--erasing_p", type=probability, default=0.0,
            help="probability that a rectangle is erased, to white paper")
        add("--erasing_area", type=share, nargs=2, metavar=("MIN", "MAX"), default=[0.005, 0.1],
            help="part of the image that is erased, drawn between the two")
        add("--crop_part", type=share, nargs=2, metavar=("MIN", "MAX"), default=[0.5, 1.0],
            help="only used if resize_or_crop==random_part: side of the square that is cut out, as a part of the "
            "short side of the image, drawn between the two")
        add("--max_aspect", type=aspect, default=2.0,
            help="only used if resize_or_crop==random_part: white paper fills an image up whose longer side is more "
            "than this many times the shorter; inf: never")

    def recall(self, parser: argparse.ArgumentParser, opt: argparse.Namespace) -> None:
        run = Path(opt.checkpoints_dir) / full_name(opt)
        if elastic.restarted(run):
            parser.set_defaults(continue_train=True)
        if opt.continue_train or elastic.restarted(run):
            own = {"name", "checkpoints_dir", "continue_train", "epoch", "epoch_count", "suffix"}
            saved = {key: value for key, value in saved_options(run).items() if key not in own}
            self.take_over(parser, saved, run / "opt.json")

    def check(self, opt: argparse.Namespace) -> None:
        _settle_gan_mode(opt)
        opt.lr_policy = "lambda" if opt.lr_policy == "linear" else opt.lr_policy
        _settle_sizes(opt)
        _check_stages(opt)
        _check_shards(opt)
        if opt.resize_or_crop.endswith("_and_crop") and opt.fineSize > opt.loadSize:
            raise UserError(
                f"--fineSize {opt.fineSize} is larger than --loadSize {opt.loadSize}: images are scaled to loadSize "
                "and then cropped to fineSize, so give a fineSize of at most loadSize"
            )
        batch_size = max(opt.stage_batch_sizes or [opt.batch_size])
        if batch_size > 1 and opt.resize_or_crop not in SQUARES:
            raise UserError(
                f"--resize_or_crop {opt.resize_or_crop} leaves images of several sizes, which make no batch of "
                f"{batch_size}: give --batch_size 1 or --resize_or_crop scale_width_and_crop"
            )
        if opt.gan_mode == "wgangp" and opt.norm == "batch":
            raise UserError(
                "--gan_mode wgangp penalises each image's gradient, which --norm batch mixes: give --norm instance "
                "or --norm none"
            )
        if opt.gan_mode == "wgangp" and opt.resize_or_crop not in SQUARES:
            raise UserError(
                f"--gan_mode wgangp mixes images, which --resize_or_crop {opt.resize_or_crop} leaves of several sizes: "
                "give --resize_or_crop scale_width_and_crop"
            )
        smallest = NLayerDiscriminator.smallest_input(opt.n_layers_D if opt.netD == "n_layers" else 3)
        size = min(opt.stages or [opt.fineSize])
        if opt.netD != "pixel" and opt.resize_or_crop in SQUARES and size < smallest:
            raise UserError(
                f"--{'stages' if opt.stages else 'fineSize'} {size} is too small for the discriminator: give at "
                f"least {smallest}, or --netD n_layers with a smaller --n_layers_D, or --netD pixel"
            )
        if opt.niter + opt.niter_decay == 0:
            raise UserError("--niter 0 and --niter_decay 0 leave nothing to train: give one of them an epoch")
        last_epoch = plan_stages(opt)[-1].last_epoch
        if "epoch_count" in opt.explicit and opt.epoch_count > last_epoch:
            raise UserError(
                f"--epoch_count {opt.epoch_count} is beyond the last epoch, {last_epoch}: give a larger --niter or "
                "--niter_decay"
            )
        _check_encoder(opt)
        _check_ranges(opt)
        _check_compile(opt)
        _check_validation(opt)
        if not 0 <= opt.beta1 < 1:
            raise UserError(f"--beta1 {opt.beta1:g} is outside 0 to 1: give a momentum such as 0.5")
        if opt.continue_train and elastic.saved_before(run_folder(opt)):
            # What the command asks for when it begins has been done.
            opt.epoch, opt.epoch_count = "latest", 1
            opt.explicit -= {"epoch_count", "lr", "lr_D"}
        if opt.continue_train and _ended_before_its_first_save(opt):
            opt.continue_train = False
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


def _settle_sizes(opt: argparse.Namespace) -> None:
    """With --stages, fineSize becomes the size of the last stage, which test.py will take, and loadSize follows it."""
    if not opt.stages:
        return
    if "fineSize" in opt.explicit and opt.fineSize != opt.stages[-1]:
        raise UserError(
            f"--stages {','.join(map(str, opt.stages))} ends at {opt.stages[-1]}, not at --fineSize {opt.fineSize}: "
            f"give --stages {opt.fineSize}, or leave out --fineSize"
        )
    if "loadSize" not in opt.explicit:
        opt.loadSize = round(opt.loadSize * opt.stages[-1] / opt.fineSize)
    opt.fineSize = opt.stages[-1]


def _check_stages(opt: argparse.Namespace) -> None:
    """What makes no sense with stages, or without."""
    for key in ("stage_epochs", "stage_batch_sizes"):
        if key in opt.explicit and not opt.stages:
            raise UserError(f"--{key} is for several sizes: add --stages, such as 64,128,256")
    if opt.stage_batch_sizes and "batch_size" in opt.explicit:
        raise UserError("--stage_batch_sizes takes the place of --batch_size: give the former alone")
    if opt.stages and opt.resize_or_crop not in SQUARES:
        raise UserError(
            f"--resize_or_crop {opt.resize_or_crop} leaves images at their own size, not at that of --stages: give "
            "--resize_or_crop random_part"
        )
    if opt.lr_policy == "plateau" and len(opt.stages or []) > 1:
        raise UserError("--lr_policy plateau does not begin anew with a stage: give one stage, or another policy")
    if {"crop_part", "max_aspect"} & opt.explicit and opt.resize_or_crop != "random_part":
        raise UserError("--crop_part and --max_aspect are for --resize_or_crop random_part: add it")


def _check_shards(opt: argparse.Namespace) -> None:
    """Shards give one image after the other, for data sets that need no more."""
    if opt.dataroot and names_shards(opt.dataroot):
        if opt.cache != "none":
            raise UserError("--cache keeps images of folders and lists, and shards are read in one go: leave it out")
        if not find_dataset(opt.dataset_mode).from_shards:
            able = [mode for mode in dataset_modes() if find_dataset(mode).from_shards]
            raise UserError(
                f"--dataset_mode {opt.dataset_mode} can't read shards: give a folder as --dataroot, or a model that "
                f"learns from --dataset_mode {' or '.join(able)}"
            )
    elif "shuffle_buffer" in opt.explicit:
        raise UserError("--shuffle_buffer is for shards: give --dataroot 'shards/{000..339}.tar', or leave it out")


def _check_encoder(opt: argparse.Namespace) -> None:
    """Encoders need a network that has one, and pretrained weights an encoder that they are for."""
    generators = {opt.netG, getattr(opt, "netG_A", None), getattr(opt, "netG_B", None)}
    if opt.encoder != "conv" and "attn_unet" not in generators:
        raise UserError(f"--encoder {opt.encoder} is for --netG attn_unet: add it")
    for key in ("encoder_weights", "freeze_encoder"):
        if getattr(opt, key) and opt.encoder == "conv":
            raise UserError(
                f"--{key} is for a pretrained encoder: add --netG attn_unet and --encoder resnet18, resnet34 or "
                "resnet50"
            )
    if opt.freeze_encoder and not opt.encoder_weights:
        raise UserError("--freeze_encoder would keep random weights: give --encoder_weights FILE")


def _check_ranges(opt: argparse.Namespace) -> None:
    for key in ("erasing_area", "crop_part"):
        least, most = getattr(opt, key)
        if least > most:
            raise UserError(f"--{key} {least:g} {most:g} is no range: give the smaller number first")


def _check_validation(opt: argparse.Namespace) -> None:
    """What is asked of validation needs drawings to validate with."""
    root = Path(opt.val_dataroot or opt.dataroot or "")
    if opt.val_dataroot and not (root / "valA").is_dir():
        raise UserError(f"no folder {root / 'valA'}: check --val_dataroot")
    wanted = [key for key in ("best_metric", "val_freq", "val_images") if key in opt.explicit and getattr(opt, key)]
    wanted += ["plateau_on"] if opt.plateau_on == "val" else []
    if wanted and not opt.val_freq:
        raise UserError(f"--{wanted[0]} asks for validation, which --val_freq 0 turns off: leave out one of them")
    if wanted and not (root / "valA").is_dir():
        raise UserError(f"--{wanted[0]} needs drawings to measure with: put some into {root / 'valA'}, or leave it out")
    if wanted and opt.direction == "BtoA":
        raise UserError(f"--{wanted[0]} measures colorings of valA, which --direction BtoA makes none of: leave it out")
    if opt.val_freq and ("best_metric" in opt.explicit or opt.plateau_on == "val"):
        asked = f"--best_metric {opt.best_metric}" if opt.best_metric else "--plateau_on val"
        for folder in (VALIDATED_WITH[need] for need in METRICS[opt.best_metric or "ciede2000_colored"].needs):
            if not (root / folder).is_dir():
                raise UserError(f"{asked} needs {root / folder}, which is not there: make it, or leave that option out")
    if opt.plateau_on == "val" and opt.lr_policy != "plateau":
        raise UserError("--plateau_on is for --lr_policy plateau: add it")
    if opt.plateau_on == "val" and METRICS[opt.best_metric or "ciede2000_colored"].better != "lower":
        raise UserError(f"--plateau_on val follows figures that fall, and {opt.best_metric} does not: give another one")


def _check_compile(opt: argparse.Namespace) -> None:
    if opt.compile and opt.resize_or_crop not in SQUARES:
        raise UserError(
            f"--compile makes networks for one size of images, and --resize_or_crop {opt.resize_or_crop} leaves them "
            "of several: leave out one of them"
        )
    if opt.compile and len(opt.gpu_ids) > 1 and here().count == 1:
        raise UserError("--compile is for one GPU a process: start train.py with torchrun, or give one of --gpu_ids")


def _same_architecture(opt: argparse.Namespace) -> None:
    """A run goes on with the networks that it has."""
    run = run_folder(opt)
    saved = saved_options(run)
    for key in ARCHITECTURE:
        if key in saved and key in vars(opt) and saved[key] != getattr(opt, key):
            raise UserError(
                f"{run} was trained with {key} {saved[key]}: leave out --{key} to continue it, or give another --name"
            )
    before = saved.get("lambda_GAN")
    if opt.epoch == "latest" and isinstance(before, (int, float)) and (before > 0) != (opt.lambda_GAN > 0):
        raise UserError(
            f"{run} has {'a' if before > 0 else 'no'} discriminator: leave out --lambda_GAN {opt.lambda_GAN:g}, or "
            "give --epoch NUMBER to go on from the networks alone"
        )
    if saved.get("ema") and not opt.ema:
        raise UserError(f"{run} has averaged weights, which would stay behind: leave out --ema 0")
    for key in {"encoder_weights", "freeze_encoder"} & opt.explicit:
        if key in saved and saved[key] != getattr(opt, key):
            raise UserError(f"{run} has begun without this --{key}: leave it out, or give another --name")


def run_folder(opt: argparse.Namespace) -> Path:
    """Where a run writes."""
    return Path(opt.checkpoints_dir) / opt.name


def _ended_before_its_first_save(opt: argparse.Namespace) -> bool:
    run = run_folder(opt)
    saved = settled(run, "latest_*") or settled(run, "*_net_*.pth")
    begun = (run / "opt.json").is_file() or "continue_train" not in opt.explicit
    return opt.epoch == "latest" and begun and not saved


def _not_trained_yet(opt: argparse.Namespace) -> None:
    """A new run does not write over the weights of an older one, which it could then be mistaken for."""
    run = run_folder(opt)
    if settled(run, "*_net_*.pth"):
        raise UserError(f"{run} holds weights already: add --continue_train to go on, or give another --name")
