"""Networks compiled by torch.compile, once for each shape, or left as they are where that can't be done."""
from collections.abc import Callable

import torch
from torch import nn
from tqdm import tqdm

from util.errors import reason

BACKEND = "inductor"
# Each network is compiled for every size and way of use; torch gives up after 8.
MOST_VARIANTS = 64
MOST_TOLD = 200  # characters of what a compiler says

Forward = Callable[..., torch.Tensor]


def compile_forward(name: str, net: nn.Module, device: torch.device) -> nn.Module:
    """Let torch compile what a network does, when it first sees inputs of some shape. On CUDA each variant is recorded
    as a graph, which is launched in one go. Where that fails, a line says so, and the network works as it is.

    name: of the network, for that line.
    """
    torch._dynamo.config.recompile_limit = max(MOST_VARIANTS, torch._dynamo.config.recompile_limit)
    net.forward = _Compiled(name, net, device)
    return net


class _Compiled:
    """A network's forward pass. Each variant is tried out first, there and back, without a trace in the network."""

    def __init__(self, name: str, net: nn.Module, device: torch.device) -> None:
        self.name, self.net, self.device = name, net, device
        self.plain: Forward = net.forward
        mode = "reduce-overhead" if device.type == "cuda" else None
        self.compiled: Forward = torch.compile(net.forward, backend=BACKEND, mode=mode, dynamic=False)
        self.ready: set[tuple[object, ...]] = set()
        self.failed = False

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self.failed:
            return self.plain(x)
        variant = self._variant(x)
        if variant not in self.ready:
            self._try_out(x)
            self.ready.add(variant)
            return self(x)
        # A graph gives the same memory each time, while what it gave may be kept.
        return self.compiled(x).clone()

    def _variant(self, x: torch.Tensor) -> tuple[object, ...]:
        """What torch compiles anew for."""
        learns = any(p.requires_grad for p in self.net.parameters())
        modes = torch.is_grad_enabled(), torch.is_autocast_enabled(x.device.type), self.net.training
        return x.shape, x.stride(), x.dtype, x.requires_grad, learns, *modes

    def _try_out(self, x: torch.Tensor) -> None:
        devices = [self.device] if self.device.type == "cuda" else []
        buffers = [buffer.clone() for buffer in self.net.buffers()]
        copy = x.detach().clone().requires_grad_(x.requires_grad)
        sources = [p for p in (copy, *self.net.parameters()) if p.requires_grad]
        try:
            with torch.random.fork_rng(devices):
                output = self.compiled(copy)
                if output.requires_grad:
                    torch.autograd.grad(output.float().sum(), sources, allow_unused=True)
        except Exception as error:  # of the compiler behind torch.compile, or of one that is not there
            self.failed = True
            told = reason(error)
            told = told if len(told) <= MOST_TOLD else f"{told[:MOST_TOLD]} …"
            tqdm.write(f"warning: can't compile network {self.name} ({told}): it works as it is")
        with torch.no_grad():
            for buffer, before in zip(self.net.buffers(), buffers, strict=True):
                buffer.copy_(before)

