"""What numbers networks compute with: float32, or bfloat16 where the hardware is made for it."""
import torch
from torch import nn

PRECISIONS = ("auto", "fp32", "bf16")


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The format that one of PRECISIONS means on a device: auto takes bfloat16 where the hardware computes with it
    (CUDA from 8.0 on, CPUs with avx512_bf16 or amx_bf16), else float32."""
    if precision == "auto":
        return torch.bfloat16 if _has_bfloat16(device) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def compute_in(dtype: torch.dtype, net: nn.Module, device: torch.device) -> nn.Module:
    """Let a network compute in a format, where torch knows that to be safe (autocast), and give float32 all the same.
    Its weights stay as they are, and so do losses, which are computed from what it gives."""
    if dtype == torch.float32:
        return net
    forward = net.forward

    def in_format(*inputs: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device.type, dtype):
            return forward(*inputs).float()

    net.forward = in_format
    return net


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # Names of torch's own use; where they change, float32 remains.
    known = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    return device.type == "cpu" and any(supported() for supported in known if supported)
