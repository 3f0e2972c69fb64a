"""What is optimised: one file a training scheme, found by its name (`--model NAME` → models/NAME_model.py)."""
import argparse
from pathlib import Path

from models.base_model import BaseModel
from util.plugins import find_class, plugin_names

__all__ = ["BaseModel", "create_model", "find_model", "model_names"]


def model_names() -> list[str]:
    """The models there are."""
    return plugin_names(Path(__file__).parent, "model")


def find_model(name: str) -> type[BaseModel]:
    """The class of --model NAME. Raises UserError, with what exists, for an unknown name."""
    return find_class("models", Path(__file__).parent, name, "model", BaseModel)  # type: ignore[type-abstract]


def create_model(opt: argparse.Namespace) -> BaseModel:
    """The model that the options name, built but with no weights loaded: call its `setup(opt)` next."""
    return find_model(opt.model)(opt)
