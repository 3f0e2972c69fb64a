"""Names for files, made of whatever an archive calls its entries: safe to write to, and unique."""
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

# What no file name may hold, halves of UTF-16 letters among it, and on Windows more.
_FORBIDDEN = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{'<>:|?*' + chr(34) if os.name == 'nt' else ''}]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_PART_BYTES = 255  # what file systems allow for a file or a folder
_SHORTENED_BYTES = 230  # leaves room for a number or another suffix
_PATH_BYTES = 1000  # some file systems allow no more than 1024 for a whole path


def safe_name(name: str) -> str:
    """A relative posix path that stays below its folder on any file system; "" if nothing of the name is left."""
    parts = [_FORBIDDEN.sub("_", part) for part in name.replace("\\", "/").split("/")]
    parts = [_shortened(part) for part in parts if part not in ("", ".", "..")]
    if len("/".join(parts).encode()) > _PATH_BYTES:
        parts = parts[-1:]
    path = "/".join(parts)
    return safe_name(path[2:]) if _DRIVE.match(path) else path


def _shortened(part: str) -> str:
    """The name of a file or a folder, cut where it is too long; the suffix stays."""
    if len(part.encode()) <= _PART_BYTES:
        return part
    suffix = PurePosixPath(part).suffix
    suffix = suffix if len(suffix) <= 8 else ""
    return part.encode()[: _SHORTENED_BYTES].decode("utf-8", "ignore").rstrip(". ") + suffix


def printable(name: str) -> str:
    """A name as a message can show it: in one line, not too long, without what a terminal would obey."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return shown if len(shown) <= 120 else f"{shown[:80]}…{shown[-30:]}"


class Names:
    """Paths of files that can lie side by side in one folder, also where upper and lower case are one."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: Counter[str] = Counter()

    def free(self, name: str) -> bool:
        """Whether a file can be called so: nothing else is, and no file is where one of its folders must be."""
        key = _key(name)
        return key not in self._files and key not in self._folders and not self._files.intersection(_above(key))

    def claim(self, name: str) -> str:
        """The name, or one like it that is free; from now on it is taken."""
        path = PurePosixPath(name)
        if self._files.intersection(_above(_key(name))):
            path = PurePosixPath(path.name)
        claimed = str(path)
        while not self.free(claimed):
            self._numbers[str(path)] += 1
            claimed = str(path.with_name(f"{path.stem}_{self._numbers[str(path)] + 1}{path.suffix}"))
        self._files.add(_key(claimed))
        self._folders.update(_above(_key(claimed)))
        return claimed

    def claim_folder(self, name: str) -> bool:
        """Take the name for a folder, in which more may lie; False if a file has it, or is where one of its folders
        must be."""
        key = _key(name)
        if self._files.intersection([key, *_above(key)]):
            return False
        self._folders.update([key, *_above(key)])
        return True


def claim_pages(names: Names, wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """A safe and unique name for each page, and what was renamed, each "NAME: reason".

    wanted: what the pages are called where they are kept, in reading order.
    """
    claimed, problems = [], []
    for name in wanted:
        claimed.append(names.claim(safe_name(name)))
        if claimed[-1] != name:
            problems.append(f"{printable(name)}: renamed to {claimed[-1]}")
    return claimed, problems


def _key(name: str) -> str:
    """What is equal for names that some file system takes for the same."""
    return unicodedata.normalize("NFC", name).casefold()


def _above(key: str) -> list[str]:
    """The folders that a path lies in."""
    parts = key.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
