"""Files that are written whole or not at all, alone and together, whatever kills the process that writes them."""
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from util.files import replacing_together, settle, settled, write_text

NAMES = ("a.txt", "b.txt", "c.txt")


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def write_set(folder: Path, text: str) -> None:
    with replacing_together(folder) as unfinished:
        for name in NAMES:
            (unfinished / name).write_text(text)


def test_a_set_replaces_its_names_and_leaves_others(tmp_path):
    write_text(tmp_path / "other.txt", "other")
    write_set(tmp_path, "one")
    write_set(tmp_path, "two")
    assert contents(tmp_path) == dict.fromkeys(NAMES, "two") | {"other.txt": "other"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [*NAMES, "other.txt"]


def test_an_error_leaves_the_old_set(tmp_path):
    write_set(tmp_path, "one")

    def broken() -> None:
        with replacing_together(tmp_path) as unfinished:
            (unfinished / "a.txt").write_text("two")
            raise RuntimeError("in the midst of it")

    with pytest.raises(RuntimeError, match="in the midst"):
        broken()
    assert contents(tmp_path) == dict.fromkeys(NAMES, "one")


def test_a_folder_that_is_gone_is_not_made_anew(tmp_path):
    with pytest.raises(FileNotFoundError), replacing_together(tmp_path / "gone"):
        pass
    assert not (tmp_path / "gone").exists()


# The calls by which a set comes into place: a process is killed before each of them, in turn.
KILLED = """
import os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.test_files import write_set
calls = 0
def counted(function):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call
for name in ("fsync", "replace", "rename", "rmdir", "mkdir"):
    setattr(os, name, counted(getattr(os, name)))
write_set(Path({folder!r}), "two")
print(calls)
"""


def test_a_kill_at_any_moment_leaves_one_whole_set(tmp_path):
    ended, counts = [], 0
    for at in range(1, 40):
        folder = tmp_path / str(at)
        folder.mkdir()
        write_set(folder, "one")
        code = KILLED.format(root=str(Path(__file__).parents[1]), at=at, folder=str(folder))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        settle(folder)
        texts = set(contents(folder).values())
        assert len(texts) == 1, contents(folder)
        assert sorted(contents(folder)) == list(NAMES)
        ended += texts
        if done.returncode == 0:
            counts = int(done.stdout)
            break
    assert counts == at - 1 >= 10  # every call was tried
    assert ended == sorted(ended)  # first the old set, from some call on the new one
    assert set(ended) == {"one", "two"}


def test_a_second_kill_while_things_are_put_in_order(tmp_path, monkeypatch):
    write_set(tmp_path, "one")
    (tmp_path / ".saved").mkdir()
    for name in NAMES:
        (tmp_path / ".saved" / name).write_text("two")
    real, calls = Path.replace, []

    def replace(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            settle(tmp_path)
    assert set(contents(tmp_path).values()) == {"one", "two"}
    settle(tmp_path)
    assert contents(tmp_path) == dict.fromkeys(NAMES, "two")


def test_what_would_come_into_place_counts_as_there(tmp_path):
    assert not settled(tmp_path, "*.txt")
    (tmp_path / ".saving").mkdir()
    (tmp_path / ".saving" / "a.txt").write_text("half")
    assert not settled(tmp_path, "*.txt")
    (tmp_path / ".saving").rename(tmp_path / ".saved")
    assert settled(tmp_path, "*.txt")


def test_files_are_on_the_disk_before_they_are_in_place(tmp_path, monkeypatch):
    done = []
    real_sync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), real_sync(fd)))
    monkeypatch.setattr(os, "replace", lambda *args, **kwargs: (done.append("replace"), real_replace(*args, **kwargs)))
    write_text(tmp_path / "a.txt", "a")
    assert done == ["sync", "replace"]


def test_no_room_is_said_as_it_is(tmp_path, monkeypatch):
    write_set(tmp_path, "one")

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_set(tmp_path, "two")
    assert contents(tmp_path) == dict.fromkeys(NAMES, "one")
