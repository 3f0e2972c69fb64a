"""A generator to color with, and test.py that does."""
import json
from pathlib import Path

import pytest

import test as test_door
from models.networks import define_G
from tests.coloring.volumes import OPTIONS, Color, arguments
from tests.helpers import run_main
from util import checkpoint
from util.errors import reported


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator with random weights, which so gives random colors."""
    run = tmp_path_factory.mktemp("checkpoints") / "run"
    checkpoint.save(define_G(1, 3, 4, "scan", init_gain=0.3).state_dict(), run / "latest_net_G_A.pth")
    (run / "opt.json").write_text(json.dumps(OPTIONS))
    return run


@pytest.fixture
def color(run: Path, tmp_path: Path) -> Color:
    """test.py with some options, into tmp_path/run/test_latest; gives the exit status."""

    def color(*argv: object) -> int:
        try:
            with reported():
                return run_main(test_door, *arguments(run, tmp_path), *argv)
        except SystemExit as stop:
            return int(stop.code or 0)

    return color


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "run" / "test_latest"
