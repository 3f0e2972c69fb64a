"""One process at a time in the folder of a run."""
import subprocess
import sys
from pathlib import Path

import pytest

from util.errors import UserError
from util.run_lock import sole_run

ROOT = Path(__file__).resolve().parents[1]
HOLDER = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from util.run_lock import sole_run
with sole_run(Path({folder!r})):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path):
    """A process that holds the folder `run`."""
    code = HOLDER.format(root=str(ROOT), folder=str(tmp_path / "run"))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def enter(folder: Path) -> None:
    with sole_run(folder):
        pass


def test_the_holder_is_named_until_it_is_gone(tmp_path, holder):
    for _ in range(2):  # being refused takes nothing from the holder
        with pytest.raises(UserError, match=rf"run is being trained by process {holder.pid} on \S+: wait for it, or"):
            enter(tmp_path / "run")
    holder.kill()
    holder.wait()
    enter(tmp_path / "run")


def test_nothing_is_left_of_a_run_that_wrote_nothing(tmp_path):
    enter(tmp_path / "checkpoints" / "run")
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_wrote_stays_without_the_lock(tmp_path):
    with sole_run(tmp_path / "run"):
        (tmp_path / "run" / "weights.pth").write_text("weights")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["weights.pth"]


def test_other_runs_go_beside(tmp_path, holder):
    enter(tmp_path / "other")
