"""Options that training and testing share, and how the options of a model and a data set come in."""
import argparse
import json
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from data import dataset_modes, find_dataset
from data.transforms import RESIZE_OR_CROP
from models import find_model, model_names
from models.networks import DISCRIMINATORS, ENCODERS, GENERATORS
from models.networks.layers import INITS, NORMS
from models.trained import shown
from util.device import parse_gpu_ids
from util.distributed import here
from util.errors import UserError, reason
from util.files import write_bytes, write_text
from util.option_types import Parser, natural, positive, size_limit, weight

UNNAMED = "experiment_name"  # the run of a training without --name
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # what no path or name holds


class Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Help with defaults, except where there is none to tell."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default is None else super()._get_help_string(action)


class BaseOptions:
    """Parses the command line in two steps: the first finds which model and data set add options of their own.

    parse(argv) gives an argparse.Namespace with every option, `isTrain`, gpu_ids as a list of numbers and
    `explicit`, the names of the options that were really given.
    """

    isTrain: bool

    def parser(self) -> argparse.ArgumentParser:
        """A parser of the options that do not depend on the model."""
        parser = Parser(allow_abbrev=False, add_help=False, formatter_class=Formatter)
        self.initialize(parser)
        return parser

    def initialize(self, parser: argparse.ArgumentParser) -> None:
        """Add the shared options."""
        add = parser.add_argument
        self.add_dataroot(parser)
        add("--batch_size", type=positive, default=1, help="input batch size")
        add("--loadSize", "--load_size", type=positive, default=286, help="scale images to this size")
        add("--fineSize", "--crop_size", type=positive, default=256, help="then crop to this size")
        add("--display_winsize", type=positive, default=256, help="width of the images on the web pages, in pixels")
        add("--input_nc", type=int, choices=(1, 3), default=3, help="# of input image channels")
        add("--output_nc", type=int, choices=(1, 3), default=3, help="# of output image channels")
        add("--ngf", type=positive, default=64, help="# of gen filters in first conv layer")
        add("--ndf", type=positive, default=64, help="# of discrim filters in first conv layer")
        add("--netD", choices=list(DISCRIMINATORS), default="basic", help="selects model to use for netD")
        add("--netG", choices=list(GENERATORS), default="resnet_9blocks", help="selects model to use for netG")
        add("--encoder", choices=ENCODERS, default="conv",
            help="only used if netG==attn_unet: convolutions of its own, or a ResNet of torchvision")
        add("--n_layers_D", type=positive, default=3, help="only used if netD==n_layers")
        add("--gpu_ids", default="0", help="gpu ids: e.g. 0  0,1,2, 0,2. use -1 for CPU")
        self.add_name(parser)
        add("--dataset_mode", choices=dataset_modes(), default="unaligned", help="chooses how datasets are loaded")
        add("--model", choices=model_names(), default="cycle_gan", help="chooses which model to use")
        add("--direction", choices=("AtoB", "BtoA"), default="AtoB", help="AtoB or BtoA")
        add("--epoch", default="latest", help="which epoch to load? set to latest to use latest cached model")
        add("--num_threads", type=natural, default=4,
            help="# threads for loading data (at most one a core is started)")
        add("--checkpoints_dir", default="./checkpoints", help="models are saved here")
        add("--norm", choices=NORMS, default="instance", help="instance normalization, batch normalization or none")
        add("--serial_batches", action="store_true",
            help="if true, takes images in order to make batches, otherwise takes them randomly")
        add("--no_dropout", action="store_true", help="no dropout for the generator")
        add("--dropout", dest="no_dropout", action="store_false", default=False,
            help="dropout after all, with models that use none by default (cycle_gan, colorizer)")
        add("--max_dataset_size", type=size_limit, default=float("inf"),
            help="Maximum number of samples allowed per dataset (in each domain). If the dataset directory "
            "contains more than max_dataset_size, only a subset is loaded.")
        add("--resize_or_crop", "--preprocess", choices=RESIZE_OR_CROP, default="resize_and_crop",
            help="scaling and cropping of images at load time; test.py shows whole pages at the scale that follows")
        add("--no_flip", action="store_true",
            help="if specified, do not flip the images for data augmentation")
        add("--init_type", choices=INITS, default="normal", help="network initialization")
        add("--init_gain", type=weight, default=0.02, help="scaling factor for normal, xavier and orthogonal")
        add("--seed", type=natural, default=0, help="of every random choice: the same seed repeats a run")
        add("--verbose", action="store_true",
            help="if specified, print more debugging information: networks layer by layer, tracebacks")
        add("--suffix", default="",
            help="customized suffix: opt.name = opt.name + _ + suffix: e.g., {model}_{netG}_size{loadSize}")

    def add_dataroot(self, parser: argparse.ArgumentParser) -> None:
        """Add the option that says where the images are."""
        parser.add_argument(
            "--dataroot",
            help="path to images (should have subfolders trainA, trainB, valA, valB, etc), or shards to train on, "
            "such as 'shards/{000000..000339}.tar'",
        )

    def add_name(self, parser: argparse.ArgumentParser) -> None:
        """Add the option that names the run."""
        parser.add_argument(
            "--name", default=UNNAMED, help="name of the experiment. It decides where to store samples and models"
        )

    def parse(self, argv: list[str] | None = None) -> argparse.Namespace:
        """All options. Raises UserError for what can't be: an unknown name, options that exclude each other."""
        argv = sys.argv[1:] if argv is None else argv
        parser = self.parser()
        helping = not {"-h", "--help"}.isdisjoint(argv)
        # What is wrong with the earlier run is told below, when all options are known.
        with suppress(UserError):
            if not helping:
                self.recall(parser, parser.parse_known_args(argv)[0])
        model = find_model(parser.parse_known_args(argv)[0].model)
        model.modify_commandline_options(parser, self.isTrain)
        with suppress(UserError):  # the model may have chosen another data set than the earlier run had
            if not helping:
                self.recall(parser, parser.parse_known_args(argv)[0])
        dataset = find_dataset(parser.parse_known_args(argv)[0].dataset_mode)
        dataset.modify_commandline_options(parser, self.isTrain)
        self.defaults = {key: parser.get_default(key) for key in vars(parser.parse_known_args(argv)[0])}
        if not helping:
            self.recall(parser, parser.parse_known_args(argv)[0])
        # Only now, so that --help tells the options of the model and the data set too.
        parser.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

        opt = parser.parse_args(argv)
        opt.isTrain = self.isTrain
        opt.explicit = _given(parser, vars(opt), argv)
        opt.gpu_ids = parse_gpu_ids(opt.gpu_ids)
        opt.name = full_name(opt)
        if model.sides != dataset.sides:
            fitting = [mode for mode in dataset_modes() if find_dataset(mode).sides == model.sides]
            raise UserError(
                f"--model {opt.model} can't learn or color from --dataset_mode {opt.dataset_mode}: give "
                f"--dataset_mode {' or '.join(fitting)}"
            )
        if "A" not in model.sides and opt.direction == "BtoA":
            raise UserError(f"--model {opt.model} knows no way back: leave out --direction BtoA")
        self.check(opt)
        model.check_options(opt)
        return opt

    def recall(self, parser: argparse.ArgumentParser, opt: argparse.Namespace) -> None:
        """Take defaults from an earlier run, where there is one to go on from. Called three times: before the
        model is known, before the data set is, and with the options of both."""

    def take_over(self, parser: argparse.ArgumentParser, saved: dict[str, Any], path: Path) -> None:
        """Let options of an earlier run, by name, be the defaults, as far as the parser knows them.

        path: the file that they are from. Raises UserError, and takes over none, if one has a value that the command
        line would not take.
        """
        actions = {action.dest: action for action in parser._actions}
        parser.set_defaults(**{k: _as_given(actions[k], v, path) for k, v in saved.items() if k in actions})

    def check(self, opt: argparse.Namespace) -> None:
        """Refuse what can't work, before anything is loaded or written."""

    def text(self, opt: argparse.Namespace) -> str:
        """All options as CycleGAN prints them; those that differ from their default say so."""
        lines = ["----------------- Options ---------------"]
        for key, value in sorted(_public(opt).items()):
            line = f"{key:>25}: {value!s:<30}"
            default = self.defaults.get(key)
            told = ",".join(map(str, value)) if isinstance(value, list) else value
            if default is not None and default not in (value, told):
                line += f"\t[default: {default}]"
            lines.append(line.rstrip())
        return "\n".join([*lines, "----------------- End -------------------"])

    def save(self, opt: argparse.Namespace) -> None:
        """Write opt.txt, for people, and opt.json, for programs, into the folder of the run."""
        folder = Path(opt.checkpoints_dir) / opt.name
        # Infinity is no JSON; as a string it is read back through the option's own type.
        values = {k: "inf" if v == float("inf") else v for k, v in _public(opt).items()} | {"processes": here().count}
        try:
            write_bytes(folder / "opt.txt", f"{self.text(opt)}\n".encode(errors="backslashreplace"))
            write_text(folder / "opt.json", json.dumps(values, indent=1, sort_keys=True) + "\n")
        except OSError as error:
            raise UserError(f"can't write the options into {folder} ({reason(error)}): make room there") from error


def _as_given(action: argparse.Action, value: Any, path: Path) -> Any:
    """A value from opt.json as the command line would have made it. Raises UserError if that takes no such value."""
    fault = UserError(f"{path}: {action.dest} can't be {shown(value)}: mend or remove it")
    if value is None and action.default is None:
        return None
    if action.nargs == 0:  # a switch
        if not isinstance(value, bool):
            raise fault
        return value
    several = action.nargs not in (None, "?")
    if action.nargs == "+" and isinstance(value, str):  # from when the option took one
        value = [value]
    if several and not (isinstance(value, list) and action.nargs in ("+", "*", len(value))):
        raise fault
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) or (type(part) in (int, float) and action.type) for part in parts):
        raise fault
    as_text = isinstance(value, list) and not several  # numbers with commas, as in --stages
    if as_text:
        parts = [",".join(map(str, parts))]
    try:
        given = [action.type(str(part)) if callable(action.type) else part for part in parts]
    except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
        raise fault from error
    if as_text and not isinstance(given[0], list):
        raise fault
    if any(_NO_TEXT.search(part) for part in given if isinstance(part, str)):
        raise fault
    if action.choices is not None and not all(part in action.choices for part in given):
        raise fault
    return given if several else given[0]


def _given(parser: argparse.ArgumentParser, names: Iterable[str], argv: list[str]) -> set[str]:
    """Which options stand on the command line: argparse only fills in defaults where there is no value yet."""
    unset = object()
    values = parser.parse_args(argv, argparse.Namespace(**dict.fromkeys(names, unset)))
    return {name for name, value in vars(values).items() if value is not unset}


def _public(opt: argparse.Namespace) -> dict[str, Any]:
    return {key: value for key, value in vars(opt).items() if key != "explicit"}


def full_name(opt: argparse.Namespace) -> str:
    """The name of the run: --name, with --suffix filled in."""
    if not opt.suffix:
        return opt.name
    try:
        suffix = opt.suffix.format(**vars(opt))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"--suffix {opt.suffix} can't be filled in ({error}): name options in braces, as in {{model}}_{{netG}}"
        ) from error
    return f"{opt.name}_{suffix.removeprefix('_')}"
