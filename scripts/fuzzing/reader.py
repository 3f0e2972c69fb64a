"""What every reader tells of itself, and how its documented errors are judged."""
import re
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from random import Random

from scripts.fuzzing.mutations import mutated

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")  # what no line holds


class WrongMessage(Exception):
    """A documented error whose message is not one line, or does not name the file."""


def check_message(error: Exception, path: Path | None = None) -> None:
    """Raises WrongMessage. path: the file that must be named."""
    told = str(error)
    if not told.strip() or _NO_TEXT.search(told):
        raise WrongMessage(f"not one line: {told!r}") from error
    if path is not None and str(path) not in told:
        raise WrongMessage(f"does not name the file: {told!r}") from error


class Reader(ABC):
    """file: what an input is called. most_mib: memory that reading it may take, beside a few times its size."""

    name: str
    file: str
    most_mib: float = 64

    @cached_property
    def seeds(self) -> list[bytes]:
        """Whole files."""
        return self.whole_files()

    @abstractmethod
    def whole_files(self) -> list[bytes]: ...

    def make(self, chance: Random) -> bytes:
        """A damaged file."""
        return mutated(chance.choice(self.seeds), self.seeds, chance)

    def prepare(self, folder: Path) -> None:  # noqa: B027 (most need nothing)
        """Put into the folder of the input what else the reader needs."""

    def allowance(self, content: bytes) -> float:
        """MiB that reading an input may take at most."""
        return self.most_mib + 8 * len(content) / 2**20

    @abstractmethod
    def attempt(self, path: Path, out: Path) -> bool:
        """Read the file; whether it could be, False for the documented error. Raises anything else, and
        WrongMessage. out: the folder to write to, which is not there yet."""
