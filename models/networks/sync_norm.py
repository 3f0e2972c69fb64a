"""Batch norm over the batches of all processes that train one network. Works wherever tensors can be summed over
processes, on the CPU too, which torch's own SyncBatchNorm does not."""
from typing import Any

import torch
from torch import nn

from util.distributed import Processes


class SyncBatchNorm2d(nn.BatchNorm2d):
    """A BatchNorm2d, with its weights and statistics and under its keys, that in training normalises by the mean and
    the variance of all processes' maps. Statistics and what is computed with them are float32 (or float64)."""

    def __init__(self, norm: nn.BatchNorm2d, processes: Processes) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        self.weight, self.bias = norm.weight, norm.bias
        self.running_mean, self.running_var = norm.running_mean, norm.running_var
        self.num_batches_tracked = norm.num_batches_tracked
        self.training = norm.training
        self.processes = processes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) → the same; sizes may differ between processes."""
        if not self.training:
            return super().forward(x)
        maps = x.float() if x.dtype in (torch.bfloat16, torch.half) else x
        mean, variance, count = self._statistics(maps)
        self._follow(mean.detach(), variance.detach(), count.detach())
        scale = self.weight * (variance + self.eps).rsqrt()
        shape = (1, -1, 1, 1)
        return ((maps - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)).to(x.dtype)

    def _statistics(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Mean and (biased) variance of each channel, (C,), and the number of values that they are of."""
        rank, count = self.processes.rank, self.processes.count
        variance, mean = torch.var_mean(maps, (0, 2, 3), correction=0)
        values = mean.new_full((1,), maps.numel() / maps.shape[1])
        # Everyone's statistics in a row of their own, so that the variance does not suffer from a large mean.
        own = torch.cat([mean, variance, values])[None]
        rows = _Sum.apply(nn.functional.pad(own, (0, 0, rank, count - 1 - rank)), self.processes)
        means, variances, share = rows[:, : len(mean)], rows[:, len(mean) : -1], rows[:, -1:] / rows[:, -1].sum()
        mean = (share * means).sum(0)
        variance = (share * (variances + (means - mean) ** 2)).sum(0)
        return mean, variance, rows[:, -1].sum()

    @torch.no_grad()
    def _follow(self, mean: torch.Tensor, variance: torch.Tensor, count: torch.Tensor) -> None:
        """Move the running statistics on, the variance unbiased, as BatchNorm2d does."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        momentum = 1 / self.num_batches_tracked if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance * count / (count - 1), momentum)


class _Sum(torch.autograd.Function):
    """The sum over processes; its gradient is the sum of the gradients that they have for it."""

    @staticmethod
    def forward(context: Any, tensor: torch.Tensor, processes: Processes) -> torch.Tensor:
        context.processes = processes
        return processes.sum(tensor)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return _Sum.apply(gradient, context.processes), None


def synchronized(net: nn.Module, processes: Processes) -> nn.Module:
    """The network with every batch norm in it synchronized; itself where there is one process."""
    if processes.count == 1:
        return net
    for module in list(net.modules()):
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm2d:
                setattr(module, name, SyncBatchNorm2d(child, processes))
    return net
