"""Finding a trained generator, and what it was trained as: from the options beside it or from its weights."""
import json
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from torch import nn

from data.transforms import RESIZE_OR_CROP
from models.averages import weights_path
from models.networks import ENCODERS, GENERATORS, define_G
from models.networks.foreign import adapt, generator_outline, infer_generator, misfit
from models.networks.layers import NORMS
from util.checkpoint import load_weights
from util.errors import UserError

ARCHITECTURE = ("input_nc", "output_nc", "ngf", "netG", "norm", "no_dropout")
EXTRAS = ("encoder",)  # which only some networks have, and runs from before these not among their options
_LARGE = 2**28  # weights of a network: a gigabyte


def _is_whole(value: Any, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _are_whole(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_whole, value))


def _is_range(value: Any) -> bool:
    """Whether a value is two parts of a whole, the smaller one first."""
    numbers = isinstance(value, list) and len(value) == 2 and all(type(number) in (int, float) for number in value)
    return numbers and 0 < value[0] <= value[1] <= 1


def _is_generator_or_none(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value in GENERATORS)


def _one_of(*choices: object) -> tuple[str, Callable[[Any], bool]]:
    told = " or ".join(", ".join(map(str, choices)).rsplit(", ", 1))
    return told, lambda value: any(value == choice and type(value) is type(choice) for choice in choices)


# What the options that are read from a run must be: in words, and as a test. Options that come in as defaults of a
# command line are tested there (options/base_options.py).
_WANTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "input_nc": _one_of(1, 3),
    "output_nc": _one_of(1, 3),
    "ngf": ("a whole number above 0", _is_whole),
    "netG": ("a generator that is known here", lambda value: isinstance(value, str) and value in GENERATORS),
    "netG_A": ("a generator that is known here", _is_generator_or_none),
    "netG_B": ("a generator that is known here", _is_generator_or_none),
    "norm": _one_of(*NORMS),
    "no_dropout": _one_of(True, False),
    "batch_size": ("a whole number above 0", _is_whole),
    "processes": ("a whole number above 0", _is_whole),
    "stage_batch_sizes": ("whole numbers above 0", lambda value: value is None or _are_whole(value)),
    "encoder": _one_of(*ENCODERS),
    "direction": _one_of("AtoB", "BtoA"),
    "resize_or_crop": _one_of(*RESIZE_OR_CROP),
    "loadSize": ("a whole number above 0", _is_whole),
    "fineSize": ("a whole number above 0", _is_whole),
    "page_size": ("a whole number or native", lambda value: value in ("native", "inf") or _is_whole(value, 0)),
    "panel_size": ("a whole number", lambda value: _is_whole(value, 0)),
    "crop_part": ("two numbers above 0 and at most 1", lambda value: value is None or _is_range(value)),
}


def saved_options(run: Path) -> dict[str, Any]:
    """The options that a run was made with; empty where there is no opt.json. Raises UserError if it is damaged, or
    if an option that tells what the networks are, or know, has a value that it can't have."""
    path = run / "opt.json"
    if not path.is_file():
        return {}
    try:
        options = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} can't be read ({error}): mend or remove it") from error
    if not isinstance(options, dict):
        raise UserError(f"{path} holds no options: mend or remove it")
    for key, (wanted, fits) in _WANTED.items():
        if key in options and not fits(options[key]):
            raise UserError(f"{path}: {key} is {shown(options[key])}, not {wanted}: mend or remove it")
    if isinstance(options.get("gpu_ids"), list):
        if not all(_is_whole(number, -1) for number in options["gpu_ids"]):
            raise UserError(f"{path}: gpu_ids is {shown(options['gpu_ids'])}, not numbers: mend or remove it")
        options["gpu_ids"] = ",".join(map(str, options["gpu_ids"])) or "-1"
    return options


def shown(value: object) -> str:
    """A value of any kind as a message can show it: in one line, not too long."""
    return reprlib.repr(value)


@dataclass(frozen=True)
class TrainedGenerator:
    """name: G, G_A or G_B (plus a suffix); path: its weights; architecture: options of define_G that are known;
    source: where these are from, for people; forward: whether it goes the way of its training, not back."""

    name: str
    path: Path
    architecture: dict[str, Any]
    source: str
    forward: bool = True


def needs_eval(saved: dict[str, Any]) -> bool:
    """Whether a generator goes with the statistics of its training: batch norms that saw several images at once do, and
    those of ResNet encoders; all else goes with those of the image, as CycleGAN's networks always have.

    saved: the options of its training, and of how many processes, over which batch norms go as well.
    """
    largest = max(saved.get("stage_batch_sizes") or [saved.get("batch_size", 1)]) * saved.get("processes", 1)
    return saved.get("encoder", "conv") != "conv" or (saved.get("norm") == "batch" and largest > 1)


def locate_generator(
    path: Path, epoch: str = "latest", direction: str | None = None, averaged: bool = True
) -> tuple[TrainedGenerator, dict[str, Any]]:
    """The generator in the folder of a run, or in one file of weights, and the options of its training.

    direction: AtoB or BtoA; None: that of the training. averaged: with its averaged weights, where there are any.
    Raises UserError when there is none, or when its architecture can't be told.
    """
    if not path.is_dir():
        return _of_known_architecture(_read_off(path)), {}
    saved = saved_options(path)
    found = find_generator(path, epoch, direction or saved.get("direction", "AtoB"), saved, averaged=averaged)
    return _of_known_architecture(found), saved


def find_scan_generator(path: Path) -> TrainedGenerator:
    """The generator coloring → scan in the folder of a run, or in one file of weights.

    Raises UserError when there is none, or when the file does not tell its architecture.
    """
    if not path.is_dir():
        return _of_known_architecture(_read_off(path))
    try:
        found = find_generator(path, "latest", "BtoA", saved_options(path))
    except UserError as error:
        raise UserError(
            f"{path} has no generator coloring → scan: give the folder of a CycleGAN run, or a file of weights"
        ) from error
    return _of_known_architecture(found)


def _read_off(path: Path) -> TrainedGenerator:
    """What a file of weights tells by itself."""
    return TrainedGenerator(path.stem, path, infer_generator(load_weights(path)), "its weights")


def _of_known_architecture(found: TrainedGenerator) -> TrainedGenerator:
    """The same, if it can be built. Raises UserError."""
    if "netG" not in found.architecture:
        raise UserError(f"{found.path} is no generator that is known here: give the folder of the run that made it")
    return found


def find_generator(
    run: Path, epoch: str, direction: str, saved: dict[str, Any], suffix: str = "", averaged: bool = True
) -> TrainedGenerator:
    """The generator of `run` that works in `direction` (AtoB or BtoA).

    saved: the options of the run, empty for weights of other code. suffix: choose EPOCH_net_G[suffix].pth; _B goes
    back, whatever the direction. averaged: its averaged weights, where there are any.
    Raises UserError when there is none.
    """
    # G_A is the generator of the direction that was trained; G_B goes back.
    back = direction != saved.get("direction", "AtoB")
    names = [f"G{suffix}"] if suffix else ["G", "G_B" if back else "G_A"]
    paths = {name: weights_path(run, epoch, name, averaged) for name in names}
    name = next((name for name in names if paths[name].is_file()), None)
    if name is None:
        raise UserError(
            f"no generator in {run}: looked for {' and '.join(p.name for p in paths.values())}; check --name (with its "
            "suffix), --checkpoints_dir, --epoch and --direction"
        )
    path = paths[name]
    forward = suffix != "_B" if suffix else not back
    if name == "G" and back and saved:
        trained = saved.get("direction", "AtoB")
        raise UserError(f"{run} was trained {trained} and knows no way back: leave out --direction {direction}")
    if not saved:
        told = infer_generator(load_weights(path))
        untold = " and ".join(f"--{key}" for key in ARCHITECTURE if key not in told)
        source = f"its weights{f', which do not tell {untold}' if untold else ''}" if told else ""
        return TrainedGenerator(name, path, told, source, forward)
    if not saved.keys() >= set(ARCHITECTURE):
        source = f"its weights, for {run / 'opt.json'} does not tell it"
        return TrainedGenerator(name, path, infer_generator(load_weights(path)), source, forward)
    architecture = {key: saved[key] for key in (*ARCHITECTURE, *EXTRAS) if key in saved}
    side = name.removeprefix("G")
    architecture["netG"] = saved.get(f"netG{side}") or architecture["netG"]
    if side == "_B":
        architecture["input_nc"], architecture["output_nc"] = saved["output_nc"], saved["input_nc"]
    return TrainedGenerator(name, path, architecture, str(run / "opt.json"), forward)


def check_size(path: Path, arguments: dict[str, Any]) -> None:
    """Raises UserError for a generator, by the arguments of define_G, that takes gigabytes and can't be in its file.

    What differs otherwise is told better once it is built.
    """
    outline = generator_outline(arguments)
    weights = inf if outline is None else sum(weight.numel() for weight in outline.parameters())
    if weights > max(path.stat().st_size, _LARGE):
        told = " ".join(f"--{key} {arguments[key]}" for key in ("netG", "ngf"))
        raise UserError(f"{path} is too small for the weights of {told}: check these, and opt.json beside it")


def load_generator(found: TrainedGenerator) -> nn.Module:
    """The generator itself. Raises UserError where the file does not fit its options."""
    known = dict(found.architecture)
    known["use_dropout"] = not known.pop("no_dropout", True)
    weights = load_weights(found.path)
    # Without memory first: what is told may be a network of any size.
    outline = generator_outline(known)
    if outline is None:
        told = ", ".join(f"{key} {shown(known[key])}" for key in ("netG", "ngf", "norm") if key in known)
        raise UserError(f"{found.path} needs a generator that can't be built ({told}), as {found.source} tells")
    fault = misfit(adapt(weights, outline), outline)
    if fault:
        raise UserError(f"{found.path} is of another architecture than {found.source} tells: {fault}")
    net = define_G(**known)
    net.load_state_dict(adapt(weights, net))
    return net
