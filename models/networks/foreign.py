"""Weights from other code: state_dicts of CycleGAN and pix2pix, and what can be read off them."""
import re

import torch
from torch import nn

StateDict = dict[str, torch.Tensor]
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


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


def infer_generator(state: StateDict) -> dict[str, object]:
    """The options of define_G that a generator's weights tell: netG, input_nc, output_nc, ngf, norm and
    no_dropout. Empty when it is no generator of this family.
    """
    told = infer_options(state)
    return told if "netG" in told else {}


def infer_options(state: StateDict) -> dict[str, object]:
    """The options of define_G or define_D that a network's weights tell; empty for a network of another family."""
    state = {key.removeprefix("module."): value for key, value in state.items()}
    try:
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


def _infer_patchgan(state: StateDict) -> dict[str, object]:
    first = state["model.0.weight"]
    layers = sum(value.dim() == 4 for value in state.values()) - 2  # besides the first and the last convolution
    netD: dict[str, object] = {"netD": "basic"} if layers == 3 else {"netD": "n_layers", "n_layers_D": layers}
    return netD | {"ndf": first.shape[0], "norm": _norm(state, "model.2", "model.3")}


def _owner(net: nn.Module, key: str) -> nn.Module | None:
    """The module that a state_dict key belongs to, if `net` has it."""
    return dict(net.named_modules()).get(key.rpartition(".")[0])
