"""Trying inputs in other processes, which may hang, crash, or ask for all memory there is."""
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from scripts.fuzzing.reader import Reader
from scripts.fuzzing.readers import READERS

MIB = 2**20
_SPARE = 8 * 2**30  # bytes that a worker may ask for beyond what it has, so that the machine stays well


@dataclass(frozen=True)
class Outcome:
    """What became of an input. kind: read, refused, or failed; note: of a failure, the last line of its traceback.

    seconds: of computing. growth: MiB that memory rose above what it was before.
    """

    reader: str
    number: int
    kind: str
    note: str = ""
    seconds: float = 0.0
    growth: float = 0.0


def input_of(reader: Reader, seed: int, number: int) -> bytes:
    """An input: the same one for the same seed and number, whatever was tried before it."""
    return reader.make(Random(f"{seed}/{reader.name}/{number}"))


def tried(reader: Reader, content: bytes, folder: Path) -> tuple[str, str]:
    """Hand an input to its reader in an empty folder; kind and note of the outcome.

    Whatever appears or changes beside the input and beside folder/inside/out counts as a failure.
    """
    inside = folder / "inside"
    inside.mkdir(parents=True)
    path = inside / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    reader.prepare(inside)
    before = _tree(folder)
    with _within(inside):
        try:
            kind, note = ("read" if reader.attempt(path, inside / "out") else "refused"), ""
        except MemoryError:
            kind, note = "failed", "MemoryError"
        except BaseException as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            told = " ".join(str(error).split())[:300]
            kind, note = "failed", f"{type(error).__name__}: {told} ({Path(where.filename).name}:{where.lineno})"
    strays = [path for path, state in _tree(folder).items() if before.get(path) != state]
    return ("failed", f"wrote {strays[0]} outside of its folder") if strays else (kind, note)


@contextmanager
def _within(folder: Path) -> Iterator[None]:
    """The working directory: relative names that are written to end up there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder but for those in inside/out, with its size and time."""
    found = {}
    for place, _, files in os.walk(folder):
        if Path(place).is_relative_to(folder / "inside" / "out"):
            continue
        for file in files:
            status = os.lstat(os.path.join(place, file))
            found[os.path.relpath(os.path.join(place, file), folder)] = (status.st_size, status.st_mtime_ns)
    return found


def _memory(field: str) -> float:
    """VmRSS or VmHWM, its peak, in MiB; 0 where the system does not tell. ru_maxrss would count the parent's too."""
    with suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith(field)).split()[1]) / 1024
    return 0.0


def _forget_peak() -> None:
    with suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def _work(pipe: Connection, name: str, seed: int, scratch: Path) -> None:
    """A worker: takes numbers of inputs, gives their outcomes; all that it writes lies in `scratch`."""
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # the decoders' own complaints too
        os.dup2(nothing, stream)
    reader = READERS[name]()
    tried(reader, reader.seeds[0], Path(tempfile.mkdtemp()) / "a")  # imports and caches belong to no input
    allowed = int(_memory("VmSize") * MIB) + _SPARE
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (allowed, resource.getrlimit(resource.RLIMIT_AS)[1]))
    pipe.send(None)
    while (number := pipe.recv()) is not None:
        content = input_of(reader, seed, number)
        folder = Path(tempfile.mkdtemp())
        _forget_peak()
        before, start = _memory("VmRSS"), time.process_time()
        kind, note = tried(reader, content, folder / "around")
        seconds, growth = time.process_time() - start, max(0.0, _memory("VmHWM") - before)
        shutil.rmtree(folder, ignore_errors=True)
        if kind != "failed" and growth > reader.allowance(content):
            kind, note = "failed", f"took {growth:.0f} MiB for {len(content)} bytes"
        pipe.send(Outcome(name, number, kind, note, seconds, growth))


class Worker:
    """A process that tries inputs of one reader one by one, and is replaced when it does not survive one."""

    def __init__(self, name: str, seed: int, most_seconds: float, scratch: Path) -> None:
        """scratch: where it may write; emptied when it ends."""
        self._name, self._seed, self._most_seconds, self._scratch = name, seed, most_seconds, scratch
        self._start()

    def _start(self) -> None:
        self._scratch.mkdir(parents=True, exist_ok=True)
        context = get_context("spawn")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_work, args=(end, self._name, self._seed, self._scratch), daemon=True)
        self._process.start()
        end.close()
        self._pipe.recv()  # it is ready

    def run(self, number: int) -> Outcome:
        """The outcome of an input, also of one that ended the process or had it go on for too long."""
        start, worked = time.perf_counter(), self._worked()
        note, most = f"no end within {self._most_seconds:g} s", 10 * self._most_seconds
        try:
            self._pipe.send(number)
            # On a busy machine it is given the time that others take, up to nine times its own.
            while self._worked() - worked <= self._most_seconds and time.perf_counter() - start <= most:
                if self._pipe.poll(0.1):
                    return self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            note = f"the process ended with status {self._process.exitcode}"
        seconds = time.perf_counter() - start
        self.close()
        self._start()
        return Outcome(self._name, number, "failed", note, seconds)

    def _worked(self) -> float:
        """Seconds that the process has computed; where the system does not tell, those that have passed."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return time.perf_counter()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        with suppress(OSError):
            self._pipe.send(None)
            self._process.join(2)
        self._process.kill()
        self._process.join()
        self._pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
