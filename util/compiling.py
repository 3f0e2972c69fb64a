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

Output = torch.Tensor | tuple[torch.Tensor, ...]
Forward = Callable[..., Output]


def begin_step(device: torch.device) -> None:
    """Tell torch that a step of the training begins: what graphs gave before it, and only that, may be overwritten. By
    itself torch takes each call after a backward pass for a new step, and what the backward pass needs is gone."""
    if device.type == "cuda":
        torch.compiler.cudagraph_mark_step_begin()


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

    def __call__(self, *inputs: torch.Tensor) -> Output:
        if self.failed:
            return self.plain(*inputs)
        variant = self._variant(inputs)
        if variant not in self.ready:
            self._try_out(inputs)
            self.ready.add(variant)
            return self(*inputs)
        # A graph gives the same memory each time, while what it gave may be kept.
        given = self.compiled(*inputs)
        return tuple(each.clone() for each in given) if isinstance(given, tuple) else given.clone()

    def _variant(self, inputs: tuple[torch.Tensor, ...]) -> tuple[object, ...]:
        """What torch compiles anew for."""
        learns = any(p.requires_grad for p in self.net.parameters())
        modes = torch.is_grad_enabled(), torch.is_autocast_enabled(self.device.type), self.net.training
        return *((x.shape, x.stride(), x.dtype, x.requires_grad) for x in inputs), learns, *modes

    def _try_out(self, inputs: tuple[torch.Tensor, ...]) -> None:
        devices = [self.device] if self.device.type == "cuda" else []
        buffers = [buffer.clone() for buffer in self.net.buffers()]
        copies = [x.detach().clone().requires_grad_(x.requires_grad) for x in inputs]
        sources = [p for p in (*copies, *self.net.parameters()) if p.requires_grad]
        try:
            with torch.random.fork_rng(devices):
                given = self.compiled(*copies)
                total = sum(each.float().sum() for each in (given if isinstance(given, tuple) else (given,)))
                if isinstance(total, torch.Tensor) and total.requires_grad:
                    torch.autograd.grad(total, sources, allow_unused=True)
        except Exception as error:  # of the compiler behind torch.compile, or of one that is not there
            self.failed = True
            told = reason(error)
            told = told if len(told) <= MOST_TOLD else f"{told[:MOST_TOLD]} …"
            tqdm.write(f"warning: can't compile network {self.name} ({told}): it works as it is")
        with torch.no_grad():
            for buffer, before in zip(self.net.buffers(), buffers, strict=True):
                buffer.copy_(before)

