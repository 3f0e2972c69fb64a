"""Finding a trained generator, and what it was trained as: from the options beside it or from its weights."""
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from models.networks import define_G
from models.networks.foreign import adapt, infer_generator, misfit
from util.checkpoint import load_weights
from util.errors import UserError

ARCHITECTURE = ("input_nc", "output_nc", "ngf", "netG", "norm", "no_dropout")
EXTRAS = ("encoder",)  # which only some networks have, and runs from before these not among their options


def saved_options(run: Path) -> dict[str, Any]:
    """The options that a run was made with; empty where there is no opt.json. Raises UserError if it is damaged."""
    path = run / "opt.json"
    if not path.is_file():
        return {}
    try:
        options = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read ({error}): mend or remove it") from error
    if not isinstance(options, dict):
        raise UserError(f"{path} holds no options: mend or remove it")
    if isinstance(options.get("gpu_ids"), list):
        options["gpu_ids"] = ",".join(map(str, options["gpu_ids"])) or "-1"
    return options


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
    """Whether a generator works with the statistics of its training only: ResNets have batch norms that do, while
    CycleGAN's networks go with those of the image."""
    return saved.get("encoder", "conv") != "conv"


def locate_generator(
    path: Path, epoch: str = "latest", direction: str | None = None
) -> tuple[TrainedGenerator, dict[str, Any]]:
    """The generator in the folder of a run, or in one file of weights, and the options of its training.

    direction: AtoB or BtoA; None: that of the training. Raises UserError when there is none, or when its architecture
    can't be told.
    """
    if not path.is_dir():
        return _of_known_architecture(_read_off(path)), {}
    saved = saved_options(path)
    found = find_generator(path, epoch, direction or saved.get("direction", "AtoB"), saved)
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
    run: Path, epoch: str, direction: str, saved: dict[str, Any], suffix: str = ""
) -> TrainedGenerator:
    """The generator of `run` that works in `direction` (AtoB or BtoA).

    saved: the options of the run, empty for weights of other code. suffix: choose EPOCH_net_G[suffix].pth.
    Raises UserError when there is none.
    """
    # G_A is the generator of the direction that was trained; G_B goes back.
    back = direction != saved.get("direction", "AtoB")
    names = [f"G{suffix}"] if suffix else ["G", "G_B" if back else "G_A"]
    paths = {name: run / f"{epoch}_net_{name}.pth" for name in names}
    name = next((name for name in names if paths[name].is_file()), None)
    if name is None:
        raise UserError(
            f"no generator in {run}: looked for {' and '.join(p.name for p in paths.values())}; check --name (with its "
            "suffix), --checkpoints_dir, --epoch and --direction"
        )
    path = paths[name]
    if name == "G" and back and saved:
        raise UserError(
            f"{run} was trained {saved['direction']} and knows no way back: leave out --direction {direction}"
        )
    if not saved:
        told = infer_generator(load_weights(path))
        untold = " and ".join(f"--{key}" for key in ARCHITECTURE if key not in told)
        source = f"its weights{f', which do not tell {untold}' if untold else ''}" if told else ""
        return TrainedGenerator(name, path, told, source, not back)
    if not saved.keys() >= set(ARCHITECTURE):
        source = f"its weights, for {run / 'opt.json'} does not tell it"
        return TrainedGenerator(name, path, infer_generator(load_weights(path)), source, not back)
    architecture = {key: saved[key] for key in (*ARCHITECTURE, *EXTRAS) if key in saved}
    side = name.removeprefix("G")
    architecture["netG"] = saved.get(f"netG{side}") or architecture["netG"]
    if side == "_B":
        architecture["input_nc"], architecture["output_nc"] = saved["output_nc"], saved["input_nc"]
    return TrainedGenerator(name, path, architecture, str(run / "opt.json"), not back)


def load_generator(found: TrainedGenerator) -> nn.Module:
    """The generator itself. Raises UserError where the file does not fit its options."""
    known = dict(found.architecture)
    net = define_G(use_dropout=not known.pop("no_dropout", True), **known)
    state = adapt(load_weights(found.path), net)
    fault = misfit(state, net)
    if fault:
        raise UserError(f"{found.path} is of another architecture than {found.source} tells: {fault}")
    net.load_state_dict(state)
    return net
