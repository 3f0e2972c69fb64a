"""The one place that decides where the arithmetic happens."""
import platform

import torch

from util.errors import UserError


def parse_gpu_ids(text: str) -> list[int]:
    """The GPUs that --gpu_ids names; none for the CPU. Raises UserError for what is no list of numbers."""
    try:
        ids = [int(part) for part in str(text).split(",") if part.strip()]
    except ValueError as error:
        raise UserError(f"--gpu_ids {text}: give numbers such as 0 or 0,1,2, or -1 for the CPU") from error
    return [i for i in ids if i >= 0]


def choose_device(gpu_ids: list[int]) -> tuple[torch.device, list[int]]:
    """The device to compute on, and the CUDA devices to share a batch over (empty: no CUDA).

    gpu_ids: as --gpu_ids gives them; empty means the CPU. Without CUDA, Apple's MPS or the CPU takes their
    place, and a line says so. Raises UserError for a GPU that this machine does not have.
    """
    if not gpu_ids:
        return torch.device("cpu"), []
    if not torch.cuda.is_available():
        device = torch.device("mps" if torch.backends.mps.is_available() else "cpu")
        print(f"no CUDA device here: computing on the {device.type.upper()} (--gpu_ids -1 asks for the CPU)")
        return device, []
    count = torch.cuda.device_count()
    missing = [i for i in gpu_ids if i >= count]
    if missing:
        raise UserError(
            f"--gpu_ids names GPU {missing[0]}, but this machine has {count}: give ids from 0 to {count - 1}"
        )
    torch.cuda.set_device(gpu_ids[0])
    return torch.device("cuda", gpu_ids[0]), gpu_ids


def own_gpu(gpu_ids: list[int] | None, local_rank: int) -> list[int]:
    """The GPU of one of several processes on a machine: of those that were named, or, for None, of all."""
    ids = list(range(torch.cuda.device_count())) if gpu_ids is None else gpu_ids
    return [ids[local_rank % len(ids)]] if ids else []


def best_device() -> torch.device:
    """CUDA or MPS where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def sent(small: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of the CPU on a device, without waiting for what that still has to do."""
    return small.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else small.to(device)


def free_memory(device: torch.device) -> int:
    """Bytes that a CUDA device has for us: what no one has taken, and what torch has taken but does not use."""
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + unused


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether this is how a device says that its memory does not suffice; only CUDA has an exception for it."""
    return isinstance(error, torch.OutOfMemoryError) or any(
        told in str(error) for told in ("out of memory", "can't allocate memory", "ALLOC_FAILED")
    )


def generator_states(device: torch.device, gpu_ids: list[int]) -> list[torch.Tensor]:
    """Where the random generators of the devices stand (dropout draws from them)."""
    if device.type == "mps":
        return [torch.mps.get_rng_state()]
    return [torch.cuda.get_rng_state(i) for i in gpu_ids]


def set_generator_states(states: list[torch.Tensor], device: torch.device, gpu_ids: list[int]) -> None:
    """Take up what `generator_states` gave; a run that moved to other devices keeps theirs."""
    if device.type == "mps":
        for state in states[:1]:
            torch.mps.set_rng_state(state.cpu())
    for i, state in zip(gpu_ids, states, strict=False):
        torch.cuda.set_rng_state(state.cpu(), i)


def describe_device(device: torch.device) -> str:
    """What computes here, in a few words for people."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    threads = torch.get_num_threads()
    return f"{platform.machine()} CPU, {threads} thread{'s' if threads > 1 else ''}"
