"""scripts/train_onepunch.sh: which commands it runs on which folders, with a recorder in the place of Python."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "train_onepunch.sh"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the script in a project of its own, two folders of drawings, and a recorder."""
    (tmp_path / "project" / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "project" / "scripts")
    (tmp_path / "black and white").mkdir()
    (tmp_path / "colored").mkdir()
    recorder = tmp_path / "recorder"
    recorder.write_text('#!/bin/sh\nprintf "%s|" "$@" >> "$LOG"\necho >> "$LOG"\n')
    recorder.chmod(0o755)
    return tmp_path


def call(home: Path, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHON": str(home / "recorder"), "LOG": str(home / "log")} | environment
    script = home / "project" / "scripts" / "train_onepunch.sh"
    return subprocess.run(["bash", script, *argv], cwd=home, env=env, capture_output=True, text=True)


def commands(home: Path) -> list[list[str]]:
    return [line.rstrip("|").split("|") for line in (home / "log").read_text().splitlines()]


def test_all_steps_on_folders_with_spaces(home):
    done = call(home, "black and white", "colored", "a name", "--gpu_ids", "3", COLOR_OPTIONS="--stages 64,128")
    assert done.returncode == 0, done.stderr
    scans, made, color, test = commands(home)
    assert [command[0] for command in (scans, made, color, test)] == [
        "train.py", "scripts/make_scans.py", "train.py", "test.py"
    ]  # fmt: skip
    assert (scans[2], color[2]) == ("a name_scans", "a name")
    assert all("--continue_train" not in command for command in (scans, color))
    assert [command[command.index("--gpu_ids") + 1] for command in (scans, made, color, test)] == ["3"] * 4
    assert color[-2:] == ["--stages", "64,128"]
    assert "--stages" not in scans
    data = home / "project" / scans[scans.index("--dataroot") + 1]
    assert (data / "trainA").resolve() == home / "black and white"
    assert (data / "trainB").resolve() == home / "colored"
    assert color[color.index("--dataroot") + 1] == str(home / "colored")


def test_it_goes_on_with_what_has_begun(home):
    for run, file in (("n_scans", "latest_net_G_B.pth"),):
        (home / "project" / "checkpoints" / run).mkdir(parents=True)
        (home / "project" / "checkpoints" / run / file).touch()
    assert call(home, "black and white", "colored", "n").returncode == 0
    scans, _, color, _ = commands(home)
    assert "--continue_train" in scans
    assert "--continue_train" not in color


def test_the_users_own_data_set_stays_as_it_is(home):
    own = home / "project" / "datasets" / "n"
    for side in ("trainA", "trainB"):
        (own / side).mkdir(parents=True)
    assert call(home, str(own / "trainA"), str(own / "trainB"), "n").returncode == 0
    assert sorted(str(path.relative_to(own)) for path in own.rglob("*")) == ["trainA", "trainB"]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["nowhere", "colored", "n"], "error: no folder of scans nowhere\n"),
        (["colored", "nowhere", "n"], "error: no folder of colorings nowhere\n"),
        (["colored", "colored", "n", "--name=x"], "error: --name=x: the folders follow from NAME\n"),
    ],
)
def test_refusals(home, argv, told):
    done = call(home, *argv)
    assert (done.returncode, done.stderr) == (2, told)
    assert not (home / "log").exists()
    assert not (home / "project" / "datasets").exists()


def test_usage(home):
    done = call(home)
    assert done.returncode == 2
    assert "scripts/train_onepunch.sh SCANS COLORINGS NAME" in done.stderr


def test_the_method_on_drawn_pages_wants_a_data_set_with_both_sides(tmp_path):
    (tmp_path / "trainA").mkdir()
    script = SCRIPT.with_name("train_two_stages.sh")
    for argv in ([], [str(tmp_path)]):
        done = subprocess.run(["bash", script, *argv], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "error: give a data set with trainA and trainB, such as datasets/openmoji\n"
