"""Weights from other code: state_dicts of CycleGAN and pix2pix, pretrained ResNets, and what can be read off them."""
import re
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.networks import GENERATORS, define_G
from models.networks.encoders import ResnetEncoder
from util.checkpoint import load_weights
from util.errors import UserError

StateDict = dict[str, torch.Tensor]
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
# ResNets pretrained on Danbooru (github.com/RF5/danbooru-pretrained): torchvision's ResNet as the first part of a
# Sequential, its children by number, and the statistics of their training images, RGB in [0, 1].
_DANBOORU_CHILDREN = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
_DANBOORU_STATISTICS = {"mean": (0.7137, 0.6628, 0.6519), "std": (0.2970, 0.3017, 0.2979)}


def adapt(state: StateDict, net: nn.Module) -> StateDict:
    """The same weights under the keys of `net`: without DataParallel's `module.` prefix, without the running
    statistics of instance norms, which some forks save and never use, and with the counters of batch norms, which
    files from before torch 0.4 lack.
    """
    counters = {key: value for key, value in net.state_dict().items() if key.endswith("num_batches_tracked")}
    state = counters | {key.removeprefix("module."): value for key, value in state.items()}
    return {
        key: value
        for key, value in state.items()
        if not (key.endswith(_STATISTICS) and isinstance(_owner(net, key), nn.InstanceNorm2d))
    }


def misfit(state: StateDict, net: nn.Module) -> str:
    """Why adapted weights do not fit `net`, in one line; empty when they do."""
    own = net.state_dict()
    faults = {
        "missing": sorted(own.keys() - state.keys()),
        "unexpected": sorted(state.keys() - own.keys()),
        "of another shape": [
            f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
            for key in own
            if key in state and state[key].shape != own[key].shape
        ],
    }
    return "; ".join(f"{len(keys)} {what} (first: {keys[0]})" for what, keys in faults.items() if keys)


def load_encoder(encoder: ResnetEncoder, path: Path) -> None:
    """Load a pretrained ResNet, with torchvision's keys or those of the ones pretrained on Danbooru, into an encoder.
    The heads are left out. Raises UserError, naming the file, where it is something else."""
    if not path.is_file():
        raise UserError(f"no weights {path}: check --encoder_weights")
    state = load_weights(path)
    own = encoder.state_dict()
    statistics = {key: own[key] for key in _DANBOORU_STATISTICS}
    if "0.0.weight" in state:
        state = _as_torchvision(state)
        statistics = {key: torch.tensor(values).view(3, 1, 1) for key, values in _DANBOORU_STATISTICS.items()}
    state = statistics | state
    state = adapt({key: value for key, value in state.items() if not key.startswith("fc.")}, encoder)
    fault = misfit(state, encoder)
    if fault:
        told, name = _infer_resnet_name(state), _infer_resnet_name(own)
        hint = f"it is a {told}: give --encoder {told}" if told and told != name else f"as {name} it has {fault}"
        raise UserError(f"{path} does not fit the encoder: {hint}")
    encoder.load_state_dict(state)


def _as_torchvision(state: StateDict) -> StateDict:
    """The body of a ResNet pretrained on Danbooru under torchvision's keys: 0.4.1.conv1.weight becomes
    layer1.1.conv1.weight."""
    renamed = {}
    for key, value in state.items():
        part, _, rest = key.partition(".")
        child, _, rest = rest.partition(".")
        if part == "0" and child in _DANBOORU_CHILDREN:
            renamed[f"{_DANBOORU_CHILDREN[child]}.{rest}"] = value
    return renamed


def infer_generator(state: StateDict) -> dict[str, object]:
    """The options of define_G that a generator's weights tell: netG, input_nc, output_nc, ngf, norm and
    no_dropout. Empty when it is no generator of this family, also if one of that name would be far larger.
    """
    told = infer_options(state)
    if told.get("netG") in GENERATORS:
        outline = generator_outline({"use_dropout": False} | {k: v for k, v in told.items() if k != "no_dropout"})
        if outline is None or _elements(outline.state_dict()) > 2 * _elements(state):
            return {}
    return told if "netG" in told else {}


def generator_outline(arguments: dict[str, Any]) -> nn.Module | None:
    """What define_G makes of these arguments, on the meta device: shapes without memory. None if it can't."""
    try:
        with torch.device("meta"):
            return define_G(**arguments)
    except Exception:  # an unknown name; sizes that are too large, or 0
        return None


def _elements(state: StateDict) -> int:
    return sum(value.numel() for value in state.values())


def infer_options(state: StateDict) -> dict[str, object]:
    """The options of define_G or define_D that a network's weights tell; empty for a network of another family."""
    state = {key.removeprefix("module."): value for key, value in state.items()}
    try:
        if "first.0.weight" in state and "last.0.weight" in state:
            return _infer_scan(state)
        if "middle.0.weight" in state and "last.0.weight" in state:
            return _infer_attention_unet(state)
        if "choose.weight" in state:
            return _infer_palette_unet(state)
        if "model.model.0.weight" in state:
            return _infer_unet(state)
        if "model.1.weight" in state and any(".conv_block." in key for key in state):
            return _infer_resnet(state)
        if "model.0.weight" in state:
            return _infer_patchgan(state)
        if "net.0.weight" in state:
            return {"netD": "pixel", "ndf": state["net.0.weight"].shape[0], "norm": _norm(state, "net.2", "net.3")}
    except (LookupError, ValueError):
        pass  # a likeness of names only, or weights are missing
    return {}


def _norm(state: StateDict, convolution: str, norm: str) -> str:
    """The norm after a convolution: batch norm has weights; before instance norm alone is there a bias."""
    if f"{norm}.weight" in state:
        return "batch"
    return "instance" if f"{convolution}.bias" in state else "none"


def _infer_resnet(state: StateDict) -> dict[str, object]:
    first = state["model.1.weight"]
    blocks = {key.split(".conv_block.")[0] for key in state if ".conv_block." in key}
    last = state[f"model.{max(int(key.split('.')[1]) for key in state)}.weight"]
    dropout = any(".conv_block.6.weight" in key and value.dim() == 4 for key, value in state.items())
    return {
        "netG": f"resnet_{len(blocks)}blocks",
        "input_nc": first.shape[1],
        "output_nc": last.shape[0],
        "ngf": first.shape[0],
        "norm": _norm(state, "model.1", "model.2"),
        "no_dropout": not dropout,
    }


def _infer_unet(state: StateDict) -> dict[str, object]:
    first, last = state["model.model.0.weight"], state["model.model.3.weight"]
    downs = sum(re.fullmatch(r"model\.(model\.\d\.)*model\.[01]\.weight", key) is not None for key in state)
    return {
        "netG": f"unet_{2**downs}",
        "input_nc": first.shape[1],
        "output_nc": last.shape[1],
        "ngf": first.shape[0],
        "norm": _norm(state, "model.model.1.model.1", "model.model.1.model.2"),
    }


def _infer_scan(state: StateDict) -> dict[str, object]:
    first, last = state["first.0.weight"], state["last.0.weight"]
    return {
        "netG": "scan",
        "input_nc": first.shape[1],
        "output_nc": last.shape[0],
        "ngf": first.shape[0],
        "norm": "instance",
        "no_dropout": "blocks.0.conv_block.6.weight" not in state,
    }


def _infer_attention_unet(state: StateDict) -> dict[str, object]:
    last, ngf = state["last.0.weight"], state["middle.0.weight"].shape[0] // 8
    encoder = {key.removeprefix("encoder."): value for key, value in state.items() if key.startswith("encoder.")}
    return {
        "netG": "attn_unet",
        "input_nc": last.shape[1] - ngf,
        "output_nc": last.shape[0],
        "ngf": ngf,
        "norm": "instance",
        "no_dropout": True,  # leaves no trace in the weights, and none in what comes out with --eval
        "encoder": _infer_resnet_name(encoder) or "conv",
    }


def _infer_palette_unet(state: StateDict) -> dict[str, object]:
    first = state["encoder.0.0.weight"]
    return {
        "netG": "palette_unet",
        "input_nc": first.shape[1],
        "output_nc": state["palette"].shape[1],
        "ngf": first.shape[0],
        "norm": _norm(state, "encoder.0.0", "encoder.0.1"),
        "no_dropout": True,  # its dropout has no weights, and no place in the names of others
    }


def _infer_resnet_name(state: StateDict) -> str:
    """Which ResNet of torchvision these keys are of; empty for something else."""
    blocks = len({key.split(".")[1] for key in state if key.startswith("layer3.")})
    if "layer1.0.conv3.weight" in state:
        return "resnet50" if blocks == 6 else ""
    return {2: "resnet18", 6: "resnet34"}.get(blocks, "")


def _infer_patchgan(state: StateDict) -> dict[str, object]:
    told: dict[str, object] = {"ndf": state["model.0.weight"].shape[0]}
    if "model.2.gamma" in state:
        return told | {"netD": "attention", "norm": _norm(state, "model.3", "model.4")}
    layers = sum(value.dim() == 4 for value in state.values()) - 2  # besides the first and the last convolution
    told |= {"netD": "basic"} if layers == 3 else {"netD": "n_layers", "n_layers_D": layers}
    return told | {"norm": _norm(state, "model.2", "model.3")}


def _owner(net: nn.Module, key: str) -> nn.Module | None:
    """The module that a state_dict key belongs to, if `net` has it."""
    return dict(net.named_modules()).get(key.rpartition(".")[0])
