"""Reading and writing what torch saves. Nothing in a file that is read here is ever executed."""
import io
import pickle
from pathlib import Path
from typing import Any

import torch

from util.errors import UserError
from util.files import write_bytes


def save(content: Any, path: Path | str) -> None:
    """torch.save, whole or not at all."""
    write_bytes(path, to_bytes(content))


def to_bytes(content: Any) -> bytes:
    """What torch.save would write. Handed to torch itself, a file on a full disk fails without telling why."""
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def load(path: Path | str, device: torch.device | str = "cpu") -> Any:
    """What `save` wrote, read with weights_only. Raises UserError, naming the file, if it can't be."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no checkpoint {path}: check --name, --checkpoints_dir and --epoch")
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path} holds more than weights, or is damaged: it is not loaded") from error
    except Exception as error:  # what damaged bytes make of an unpickler can't be foreseen
        raise UserError(f"{path} can't be read as a checkpoint; it may be truncated: save or copy it again") from error


def load_weights(path: Path | str, device: torch.device | str = "cpu") -> dict[str, torch.Tensor]:
    """A network's state_dict. Raises UserError if the file holds something else."""
    state = load(path, device)
    tensors = isinstance(state, dict) and all(isinstance(v, torch.Tensor) for v in state.values())
    if not state or not tensors or not all(isinstance(key, str) for key in state):
        raise UserError(f"{path} is no state_dict of a network: give a *_net_*.pth file")
    return dict(state)
