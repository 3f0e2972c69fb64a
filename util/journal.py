"""What a long work has done so far, a line of JSON each, so that an interrupted one goes on where it stopped."""
import json
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

from util.files import write_text

Entry = dict[str, Any]


class Journal:
    """Appends entries to a file of its own in a folder, and reads those of all files there.

    settings: what the entries depend on; those made under others are not read.
    """

    def __init__(self, folder: Path, settings: Entry, writer: str) -> None:
        """writer: names the file of this process."""
        self.folder, self.settings = folder, settings
        # Other settings have other files, so that one work does not forget another that was interrupted.
        self._key = sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
        self.path = folder / f"{self._key}-{writer}.jsonl"
        self._lock = threading.Lock()

    def entries(self) -> list[Entry]:
        """What was done under these settings, by any writer, oldest first within each."""
        found: list[Entry] = []
        for path in sorted(self.folder.glob(f"{self._key}-*.jsonl")):
            lines = _lines(path)
            if lines[:1] == [{"settings": self.settings}]:
                found += lines[1:]
        return found

    def begin(self) -> None:
        """Get ready to write: what this writer wrote under the same settings stays, anything else goes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = _lines(self.path)
        if not lines or lines[0] != {"settings": self.settings}:
            lines = [{"settings": self.settings}]
        # Written anew also to leave out the half line of a killed process.
        write_text(self.path, "".join(f"{json.dumps(line)}\n" for line in lines))

    def append(self, entry: Entry) -> None:
        """Note that something is done. Threads may call it."""
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(entry)}\n")

    def remove(self) -> None:
        """All is done: nothing needs to be known any more."""
        for path in self.folder.glob(f"{self._key}-*.jsonl"):
            path.unlink()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def _lines(path: Path) -> list[Entry]:
    """The entries of one file, as far as they can be read."""
    found: list[Entry] = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):  # half a line: the process was killed while it wrote
                break
            if not isinstance(entry, dict):
                break
            found.append(entry)
    return found
