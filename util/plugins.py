"""Finding a class by convention: NAME of a kind is the class NameKind in the file NAME_kind.py of a folder."""
import importlib
from pathlib import Path
from typing import TypeVar

from util.errors import UserError

T = TypeVar("T")


def plugin_names(folder: Path, kind: str) -> list[str]:
    """The names for which `folder` has a file NAME_kind.py."""
    names = (path.stem.removesuffix(f"_{kind}") for path in folder.glob(f"*_{kind}.py"))
    return sorted(name for name in names if name != "base")


def find_class(package: str, folder: Path, name: str, kind: str, base: type[T]) -> type[T]:
    """The subclass of `base` called NameKind (any case, no underscores) in package.NAME_kind.

    Raises UserError for a name without a file, with the names there are, and for a file without the class.
    """
    names = plugin_names(folder, kind)
    if name not in names:
        raise UserError(f"unknown {kind} {name}: choose one of {', '.join(names)}")
    module = importlib.import_module(f"{package}.{name}_{kind}")
    wanted = f"{name}{kind}".replace("_", "").lower()
    for key, value in vars(module).items():
        if key.lower() == wanted and isinstance(value, type) and issubclass(value, base):
            return value
    raise UserError(f"{package}/{name}_{kind}.py has no subclass of {base.__name__} called {wanted} (in any case)")
