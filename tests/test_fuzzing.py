"""Damaged and hostile files give what their readers document; scripts/fuzz_readers.py tries far more of them."""
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts import fuzz_readers
from scripts.fuzzing.mutations import mutated
from scripts.fuzzing.reader import Reader, WrongMessage, check_message
from scripts.fuzzing.readers import READERS
from scripts.fuzzing.trial import Worker, input_of, tried
from tests.helpers import run_main
from util.errors import UserError

# Of the others, which are faster, 60.
EXAMPLES = {"archives": 30, "streams": 20, "epubs": 20, "pdfs": 15, "options": 30, "weights": 40}


@pytest.fixture(scope="module")
def readers() -> dict[str, Reader]:
    return {name: reader() for name, reader in READERS.items()}


@pytest.mark.filterwarnings("ignore")  # of Pillow and torch, about what they are given
@pytest.mark.parametrize("name", READERS)
def test_readers_give_what_they_document(name, readers, tmp_path_factory):
    reader = readers[name]

    @settings(max_examples=EXAMPLES.get(name, 60), deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.integers(0, 2**32))
    def attempt(seed: int) -> None:
        kind, note = tried(reader, input_of(reader, seed, 0), tmp_path_factory.mktemp("around"))
        assert kind in ("read", "refused"), note

    attempt()


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read(name, readers, tmp_path):
    assert tried(readers[name], readers[name].seeds[0], tmp_path) == ("read", "")


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_the_same_seed_damages_alike(data, other, seed):
    assert mutated(data, [data, other], Random(seed)) == mutated(data, [data, other], Random(seed))


class Faulty(Reader):
    """Does what the first byte of an input says."""

    name, file = "faulty", "a.txt"

    def whole_files(self) -> list[bytes]:
        return [b"read"]

    def attempt(self, path: Path, out: Path) -> bool:
        content = path.read_bytes()
        if content == b"stray":
            (path.parent.parent / "stray.txt").touch()
        elif content == b"result":
            out.mkdir()
            (out / "result.txt").touch()
        elif content == b"key":
            raise KeyError("lost")
        elif content == b"two lines":
            check_message(UserError("one\ntwo"))
        elif content == b"nameless":
            check_message(UserError("can't read it"), path)
        return content != b"refused"


@pytest.mark.parametrize(
    ("content", "outcome"),
    [("read", "read: "), ("refused", "refused: "), ("result", "read: "), ("key", "failed: KeyError: 'lost'"),
     ("stray", "failed: wrote stray.txt outside of its folder"), ("two lines", "failed: WrongMessage: not one line"),
     ("nameless", "failed: WrongMessage: does not name the file")],
)  # fmt: skip
def test_failures_are_seen(tmp_path, content, outcome):
    assert ": ".join(tried(Faulty(), content.encode(), tmp_path)).startswith(outcome)


def test_messages_are_lines():
    check_message(UserError("can't read a　b.png (damaged)"), Path("a　b.png"))
    for told in ("", "a\nb", "a\0", "\ud800"):
        with pytest.raises(WrongMessage):
            check_message(UserError(told))


def test_a_process_that_ends_or_hangs_is_a_failure_and_replaced(tmp_path):
    worker = Worker("lists", 0, 30, tmp_path / "scratch")
    assert worker.run(0).kind in ("read", "refused")
    worker._process.kill()
    worker._process.join()
    assert "the process ended with status -9" in worker.run(1).note
    worker._most_seconds = -1.0
    assert worker.run(2).note == "no end within -1 s"
    worker.close()
    assert not (tmp_path / "scratch").exists()


def test_the_script(tmp_path, capsys):
    argv = ["--inputs", 8, "--readers", "lists", "--workers", 1, "--keep", tmp_path / "kept"]
    assert run_main(fuzz_readers, *argv) == 0
    assert re.search(r"^lists +8 +\d+ +\d+ +0 ", capsys.readouterr().out, re.MULTILINE)
    assert not (tmp_path / "kept").exists()
