"""Measuring the structure of pages: what counts as found."""
from pathlib import Path

import numpy as np
import pytest

from scripts.make_demo_dataset import main as make
from scripts.measure_structure import main, matches
from util.errors import UserError


def test_areas_match_by_their_overlap():
    truth = np.array([[1] * 10 + [2] * 10 + [0] * 10])
    assert matches(truth, truth, 0.9) == 2
    assert matches(truth, np.where(truth, 3 - truth, 0), 0.9) == 2  # numbers do not matter
    found = truth.copy()
    found[0, 8:12] = 0
    assert (matches(truth, found, 0.9), matches(truth, found, 0.75)) == (0, 2)
    assert matches(truth, np.minimum(truth, 1), 0.5) == 0  # one area over two alike matches none
    assert matches(truth, np.zeros_like(truth), 0.5) == 0


def test_the_command_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    size = ["--width", "600", "--height", "860", "--pages", "0", "--val", "0", "--test", "2", "--workers", "1"]
    make(["--out", str(tmp_path / "world"), *size])
    capsys.readouterr()
    main([str(tmp_path / "world")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("| panels found | 100.0% of ")
    assert len(lines) == 9
    with pytest.raises(UserError, match="has no valA"):
        main([str(tmp_path / "world"), "--phase", "val"])
    with pytest.raises(UserError, match="make it with"):
        main([str(tmp_path)])
