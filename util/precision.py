"""What numbers networks compute with: float32, or 16 bits where the hardware is made for them."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
MEMORY_FORMATS = ("auto", "contiguous", "channels_last")
_FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_in_full: list[object] = []  # while it has an entry, networks compute in float32


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The format that one of PRECISIONS means on a device: auto takes bfloat16 where the hardware computes with it
    (CUDA from 8.0 on, CPUs with avx512_bf16 or amx_bf16), else float32, or whatever torch's default type is."""
    if precision == "auto":
        usual = torch.get_default_dtype() == torch.float32
        return torch.bfloat16 if usual and _has_bfloat16(device) else torch.float32
    return _FORMATS[precision]


def choose_memory_format(wanted: str, dtype: torch.dtype, device: torch.device) -> torch.memory_format:
    """How maps lie in memory: as one of MEMORY_FORMATS says; auto takes channels_last for 16 bits on CUDA, whose matrix
    units read it as it is. On CPUs it costs more in copies than it brings."""
    if wanted == "auto":
        wanted = "channels_last" if device.type == "cuda" and dtype != torch.float32 else "contiguous"
    return torch.channels_last if wanted == "channels_last" else torch.contiguous_format


def compute_in(dtype: torch.dtype, net: nn.Module, device: torch.device) -> nn.Module:
    """Let a network compute in a format, where torch knows that to be safe (autocast), and give float32 all the same.
    Its weights stay as they are, and so do losses, which are computed from what it gives."""
    if dtype == torch.float32:
        return net
    forward = net.forward

    def in_format(*inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        if _in_full:
            return forward(*inputs)
        with torch.autocast(device.type, dtype):
            given = forward(*inputs)
        return tuple(each.float() for each in given) if isinstance(given, tuple) else given.float()

    net.forward = in_format
    return net


class DataParallel(nn.DataParallel):
    """Shares batches over GPUs, each of which computes in a format as `compute_in` has it. That is done within the
    threads that torch starts for them: from outside these would learn that 16 bits are wanted, but not which."""

    def __init__(self, net: nn.Module, gpu_ids: list[int], dtype: torch.dtype) -> None:
        super().__init__(net, gpu_ids)
        self.dtype = dtype

    def parallel_apply(self, replicas: Sequence[nn.Module], inputs: Sequence[Any], kwargs: Any) -> list[Any]:
        in_format = [compute_in(self.dtype, replica, self.src_device_obj) for replica in replicas]
        return super().parallel_apply(in_format, inputs, kwargs)


@contextmanager
def full_precision() -> Iterator[None]:
    """Networks compute in float32 meanwhile: for what 16 bits are too coarse for, as gradients of gradients."""
    _in_full.append(None)
    try:
        yield
    finally:
        _in_full.pop()


def loss_scaler(dtype: torch.dtype, device: torch.device) -> torch.amp.GradScaler:
    """What keeps gradients within the narrow range of float16 (Micikevicius et al. 2018); with other formats it does
    nothing."""
    return torch.amp.GradScaler(device.type, enabled=dtype == torch.float16)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # Names of torch's own use; where they change, float32 remains.
    known = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    return device.type == "cpu" and any(supported() for supported in known if supported)


def computing_in(dtype: torch.dtype, device: torch.device) -> torch.autocast:
    """The context in which all that networks compute is computed in a format; what comes out may be of that format."""
    return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)
