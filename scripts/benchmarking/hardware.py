"""What the device computes with by itself, and what torch calls it."""
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from util.cores import usable_cores
from util.device import describe_device


@dataclass(frozen=True)
class Format:
    """A format of numbers as hardware knows them: tf32 is float32 whose products are rounded to 10 bits."""

    name: str
    dtype: torch.dtype
    tf32: bool = False


def formats(device: torch.device) -> list[Format]:
    """What the device has units for."""
    known = [Format("fp32", torch.float32)]
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        known += [Format("tf32", torch.float32, tf32=True)] if capability >= (8, 0) else []
        known += [Format("bf16", torch.bfloat16)] if capability >= (8, 0) else []
        known += [Format("fp16", torch.float16)] if capability >= (7, 0) else []
    elif device.type == "cpu":
        known += [Format("bf16", torch.bfloat16)] if _cpu_has("avx512_bf16", "amx_tile") else []
        known += [Format("fp16", torch.float16)] if _cpu_has("amx_fp16", "avx512_fp16") else []
    return known


def _cpu_has(*names: str) -> bool:
    # Names of torch's own use; where they change, the format is not measured.
    known = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in names]
    return any(supported() for supported in known if supported)


@contextmanager
def computing(format: Format) -> Iterator[None]:
    """Let float32 be computed as the format says."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = format.tf32
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before


def format_of(dtype: torch.dtype, device: torch.device) -> str:
    """The format in which torch computes convolutions of a type here, by its name."""
    tf32 = device.type == "cuda" and torch.backends.cudnn.allow_tf32
    wanted = (dtype, tf32 and dtype == torch.float32)
    return next((known.name for known in formats(device) if (known.dtype, known.tf32) == wanted), "fp32")


def description(device: torch.device) -> dict[str, str]:
    """The machine and what runs on it, for people."""
    return {
        "device": describe_device(device),
        "processor": f"{platform.processor() or platform.machine()}, {usable_cores()} cores",
        "torch": torch.__version__,
        "CUDA": f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}" if device.type == "cuda" else "none",
        "python": platform.python_version(),
    }
