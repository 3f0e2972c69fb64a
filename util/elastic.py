"""Trainings that torchrun starts again, after a failure, or when machines come and go: the same command goes on."""
import json
import os
import sys
from pathlib import Path

from util.distributed import RESTARTS
from util.files import settled


def restarted(run: Path) -> bool:
    """Whether torchrun has started this training before; `run` is the folder that it writes to. A folder with weights
    that it did not save is another training's, for which the first start was refused."""
    if _restarts() == 0:
        return saved_before(run)
    # The first process decides for all: those of other machines may have been started with other paths.
    return saved_before(run) or os.environ.get("RANK", "0") != "0" or not settled(run, "*_net_*.pth")


def saved_before(run: Path) -> bool:
    """Whether the last save in a folder was made by the training that torchrun started as this one, by this command.

    torchrun tells of restarts after a failure, and not of those for which machines are the reason, but each of its runs
    can have a name (--rdzv_id).
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return False
    try:
        told = json.loads((run / "training.json").read_text(encoding="utf-8"))
        same = told["command"].partition("train.py")[2] == command().partition("train.py")[2]
        return same and (_restarts() > 0 or (_name() is not None and told.get("torchrun") == _name()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def command() -> str:
    """The command line, for people, and to be known again by."""
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    door = "python" if processes == 1 else f"torchrun --nproc_per_node={processes}"
    return " ".join([door, "train.py", *sys.argv[1:]])


def marks() -> dict[str, str]:
    """What a save tells of the torchrun that made it."""
    name = _name()
    return {"torchrun": name} if name else {}


def _restarts() -> int:
    return int(os.environ.get(RESTARTS, 0))


def _name() -> str | None:
    name = os.environ.get("TORCHELASTIC_RUN_ID")
    return None if name == "none" else name
