"""Averaged weights: what test.py colors with, calmer than the weights of any one step."""
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path

import torch
from torch import nn

AVERAGED = "_ema"  # after a network's name, in that of its file
STATISTICS = ("running_mean", "running_var")  # of batch norms


def weights_path(run: Path, epoch: int | str, name: str, averaged: bool = True) -> Path:
    """The file of a network's weights; that of the averaged ones where they are wanted and there are any."""
    path = run / f"{epoch}_net_{name}{AVERAGED}.pth"
    return path if averaged and path.is_file() else run / f"{epoch}_net_{name}.pth"


class AveragedWeights:
    """The exponential moving average of a network's weights over its steps, as usual for the generators of GANs (Karras
    et al. 2018, "Progressive Growing of GANs"), and of the statistics of its batch norms; what else it keeps is that of
    the last step.

    decay: of each step, towards 1. At first less, (1 + steps) / (10 + steps), lest the random beginning lingers.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net, self.decay, self.steps = net, decay, 0
        self.weights = {name: value.detach().clone() for name, value in net.state_dict().items()}
        averaged: dict[str, torch.Tensor] = dict(net.named_parameters())
        averaged |= {name: value for name, value in net.named_buffers() if name.endswith(STATISTICS)}
        self._averaged = [(self.weights[name], value) for name, value in averaged.items()]
        self._kept = [(self.weights[name], value) for name, value in net.state_dict().items() if name not in averaged]

    @property
    def ramp(self) -> int:
        """Steps until the decay is the full one."""
        return max(0, ceil((10 * self.decay - 1) / max(1e-9, 1 - self.decay)))

    @torch.no_grad()
    def follow(self) -> None:
        """The network has made a step."""
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        averages, values = zip(*self._averaged, strict=True)
        torch._foreach_lerp_(averages, values, share)
        for average, value in self._kept:
            average.copy_(value)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network has the averaged weights meanwhile."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def _exchange(self) -> None:
        for name, value in self.net.state_dict().items():
            own = value.clone()
            value.copy_(self.weights[name])
            self.weights[name].copy_(own)
