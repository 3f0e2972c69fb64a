"""Reading and writing what torch saves. Nothing in a file that is read here is ever executed."""
import mmap
import pickle
import pickletools
import re
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_STORED, ZipFile

import torch

from util.errors import UserError
from util.files import write_bytes

# What weights and states are made of, as pickles name it. torch's unpickler knows more, bytearray for one: that takes
# all the memory that a file of 50 bytes asks for.
_PARTS = re.compile(
    r"collections (OrderedDict|Counter)|(builtins|__builtin__) set|torch (Size|device|[a-z]\w*|\w+Storage)|"
    r"torch\._utils _rebuild_(tensor|tensor_v2|parameter)|torch\.nn\.parameter Parameter"
)
# Opcodes that make what holds nothing else. A tuple of twice the same tuple, of which each is again such a one, has
# more parts after 60 opcodes than can ever be gone through.
_PLAIN = {"GLOBAL", "BINUNICODE", "SHORT_BINSTRING", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINPERSID"}
_MOST_SHARED = 20
_LEGACY_PICKLES = 5  # before the tensors of a file from before torch 1.6: a number, the version, the system, all, keys


def save(content: Any, path: Path | str) -> None:
    """torch.save, whole or not at all."""
    write_bytes(path, to_bytes(content))


def to_bytes(content: Any) -> bytes:
    """What torch.save would write. Handed to torch itself, a file on a full disk fails without telling why."""
    file = BytesIO()
    torch.save(content, file)
    return file.getvalue()


def load(path: Path | str, device: torch.device | str = "cpu") -> Any:
    """What `save` wrote, read with weights_only. Raises UserError, naming the file, if it can't be.

    Only what weights and states of training are made of is read, and takes no more memory than the file has bytes.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no checkpoint {path}: check --name, --checkpoints_dir and --epoch")
    try:
        with path.open("rb") as file:
            _check(file)
        return torch.load(path, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path} holds more than weights, or is damaged: it is not loaded") from error
    except Exception as error:  # what damaged bytes make of an unpickler can't be foreseen
        raise UserError(f"{path} can't be read as a checkpoint; it may be truncated: save or copy it again") from error


def _check(file: BinaryIO) -> None:
    """Raises UnpicklingError for a file that is packed, or holds more than weights, and others for a damaged one."""
    if file.read(4) != b"PK\x03\x04":
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for _ in range(_LEGACY_PICKLES):
                _check_pickle(content)
        return
    with ZipFile(file) as archive:
        if any(entry.compress_type != ZIP_STORED for entry in archive.infolist()):
            raise pickle.UnpicklingError("torch packs nothing: small entries may become large ones")
        for name in archive.namelist():
            if name.endswith(".pkl"):
                _check_pickle(BytesIO(archive.read(name)))


def _check_pickle(content: BytesIO | mmap.mmap) -> None:
    """Go through a pickle, from where the content is at, without doing what it says."""
    nested: set[object] = set()  # what is remembered under these numbers holds others
    before, shared = "", 0
    for opcode, argument, _ in pickletools.genops(content):  # type: ignore[arg-type]
        if opcode.name == "GLOBAL" and not _PARTS.fullmatch(str(argument)):
            raise pickle.UnpicklingError(f"{argument} is no part of weights")
        if opcode.name in ("STACK_GLOBAL", "INST"):  # names that are not there to be read; torch writes none
            raise pickle.UnpicklingError("not a pickle of torch's")
        if opcode.name in ("BINPUT", "LONG_BINPUT"):
            (nested.discard if before in _PLAIN else nested.add)(argument)
            continue
        shared += opcode.name in ("BINGET", "LONG_BINGET") and argument in nested
        if shared > _MOST_SHARED:
            raise pickle.UnpicklingError("what holds others is in more than one place too often")
        before = opcode.name


def load_weights(path: Path | str, device: torch.device | str = "cpu") -> dict[str, torch.Tensor]:
    """A network's state_dict: tensors by name, of floats but for single numbers, each with memory of its own size.

    Raises UserError if the file holds something else.
    """
    state = load(path, device)
    tensors = isinstance(state, dict) and all(isinstance(v, torch.Tensor) for v in state.values())
    if not state or not tensors or not all(isinstance(key, str) and key.isprintable() for key in state):
        raise UserError(f"{path} is no state_dict of a network: give a *_net_*.pth file")
    odd = next((key for key, value in state.items() if value.dim() and not value.is_floating_point()), None)
    if odd is not None:
        raise UserError(f"{path} has {state[odd].dtype} where weights are floats ({odd}): save it as floats")
    held = {value.untyped_storage().data_ptr(): value.untyped_storage().nbytes() for value in state.values()}
    short = next((key for key, value in state.items() if value.nbytes > value.untyped_storage().nbytes()), None)
    if short is not None or sum(held.values()) > Path(path).stat().st_size:
        raise UserError(f"{path} has fewer numbers than it tells of{f' ({short})' if short else ''}: save it again")
    return dict(state)
