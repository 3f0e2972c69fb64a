"""The optimizers that models learn with, and taking up what they knew."""
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from models.muon import Muon
from util.errors import UserError


def new_optimizer(
    name: str, parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float], fused: bool
) -> torch.optim.Optimizer:
    """Adam, or Muon where `name` says so. fused: Adam reads and writes each weight once, where the device can."""
    if name == "muon":
        return Muon(parameters, lr, betas)
    return torch.optim.Adam(parameters, lr, betas, fused=fused or None)


def take_up(optimizer: torch.optim.Optimizer, saved: dict[str, Any], fused: bool) -> None:
    """Go on with what `optimizer.state_dict()` gave. Raises UserError for that of an optimizer of another kind."""
    kind, began = ("muon" if "orthogonal" in groups[0] else "adam"
                   for groups in (optimizer.param_groups, saved["param_groups"]))  # fmt: skip
    if kind != began:
        raise UserError(f"this run learns with --optimizer {began}: go on with that, or begin a new one")
    # torch puts states where fused ones, or others, want them: as this optimizer does, not as the saved one did.
    groups = [{**group, "fused": fused or None} if "fused" in group else group for group in saved["param_groups"]]
    optimizer.load_state_dict({**saved, "param_groups": groups})
    # Fused steps do not look at strides, and the run may have been saved with another --memory_format.
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if torch.is_tensor(value) and value.shape == parameter.shape and value.stride() != parameter.stride():
                state[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
