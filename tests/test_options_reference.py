"""docs/options.md tells the options that there are."""
import re

import pytest

from options.test_options import TestOptions
from options.train_options import TrainOptions
from scripts import options_reference


@pytest.fixture
def arguments(monkeypatch):
    """Sets the script's command line."""
    return lambda *argv: monkeypatch.setattr("sys.argv", ["options_reference.py", *argv])


def test_the_reference_is_up_to_date(arguments, capsys):
    arguments("--check")
    assert options_reference.main() == 0, capsys.readouterr().err


def test_an_old_reference_is_noticed_and_written_anew(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(options_reference, "REFERENCE", tmp_path / "docs" / "options.md")
    arguments("--check")
    assert options_reference.main() == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "docs").exists()
    arguments()
    assert options_reference.main() == 0
    arguments("--check")
    assert options_reference.main() == 0


def test_every_option_is_told_once():
    text = options_reference.reference()
    rows = re.findall(r"^\| (`--.*?) \|", text, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`--(\w+)`", row)]
    shared, _, own = text.partition("## Training: train.py")
    assert len(set(re.findall(r"^\| `--(\w+)`", shared, re.MULTILINE))) > 25
    for options in (TrainOptions(), TestOptions()):
        known = {name.removeprefix("--") for a in options.parser()._actions for name in a.option_strings}
        assert known <= set(named)
    twice = {name for name in named if named.count(name) > 1}
    doors = {"dataroot", "model", "name", "no_html", "phase", "precision"}  # which mean something else in testing
    weights = {"lambda_GAN", "lambda_L1", "lambda_L1_final", "lambda_L2", "lambda_chroma", "lambda_palette"}
    inherited = weights | {"lr_D", "n_critic", "scan_tones"}  # of pix2pix
    assert twice == doors | inherited
    assert {"lambda_A", "lambda_L1", "netG_A"} <= set(re.findall(r"^\| `--(\w+)`", own, re.MULTILINE))


def test_tables_have_three_columns():
    lines = [line for line in options_reference.reference().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}
