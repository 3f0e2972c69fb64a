"""The benchmark measures every part, tells what failed, and goes on."""
import json
from pathlib import Path

import pytest
import torch

from scripts import benchmark
from scripts.benchmarking import steps
from scripts.benchmarking.rows import Report, Row, table
from scripts.benchmarking.timing import Effort, compare
from tests.helpers import run_main
from util.errors import UserError

QUICK = ("--quick", "--rounds", 1, "--gpu_ids", -1)


def test_every_part_but_the_start_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    figures = tmp_path / "speed.json"
    parts, models = ("--only", "ceilings,steps,loader,pages"), ("cycle_gan", "pix2pix")
    plain = ("--variants", steps.PLAIN)
    assert run_main(benchmark, *QUICK, *parts, "--models", *models, *plain, "--json", figures) == 0
    told = json.loads(figures.read_text())
    rows = {row["item"]: row for row in told["rows"]}
    assert not told["failed"]
    assert told["machine"]["torch"] == torch.__version__
    assert rows["convolution backward, fp32"]["flops"] == 2 * rows["convolution forward, fp32"]["flops"] > 0
    for model in models:
        step = rows[f"{model}, plain float32, batch of 1"]
        assert step["seconds"] > 0
        assert step["rate"] == pytest.approx(1 / step["seconds"])
        assert step["share"] > 0
    if Path("/proc/self/status").is_file():  # where systems tell it
        assert rows["pix2pix, plain float32, batch of 1"]["memory"] > 2**20
    assert rows["create_dataset, defaults of train.py"]["rate"] > 0
    assert rows["resnet_9blocks, fp32"]["unit"] == "pages/min"
    assert "| cycle_gan, plain float32, batch of 1" in capsys.readouterr().out


def test_the_start_of_both_programs(capsys: pytest.CaptureFixture) -> None:
    assert run_main(benchmark, *QUICK, "--only", "startup") == 0
    out = capsys.readouterr().out
    assert out.index("train.py, first step") < out.index("test.py, first page")


def test_what_fails_is_named_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setitem(steps.VARIANTS, "impossible", steps.Variant(["--no_such_option"]))
    variants = ("--variants", "impossible", steps.PLAIN)
    assert run_main(benchmark, *QUICK, "--only", "steps", "--models", "colorizer", *variants) == 1
    out, err = capsys.readouterr()
    assert "failed: training steps, colorizer, impossible, batch of 1: UserError: unrecognized" in err
    assert "colorizer, plain float32, batch of 1" in out


def test_too_little_memory_is_a_result() -> None:
    report = Report()
    with report.attempt("steps", "large"):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert [row.note for row in report.rows] == ["out of memory"]
    assert not report.failed


def test_what_is_compared_takes_turns(tmp_path: Path) -> None:
    calls: list[str] = []

    def broken() -> None:
        raise ValueError("no")

    works = {"a": lambda: calls.append("a"), "broken": broken, "b": lambda: calls.append("b")}
    seconds, errors = compare(works, Effort(torch.device("cpu"), 3, 0.0, tmp_path))
    assert calls == ["a", "b"] * 3
    assert seconds.keys() == {"a", "b"}
    assert errors.keys() == {"broken"}


def test_tables_have_the_columns_that_tell_something() -> None:
    rows = [Row("s", "one", 0.0123, 81.3, "images/s"), Row("s", "two", note="out of memory")]
    lines = table([row.cells() for row in rows]).splitlines()
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == ["", "time", "rate", "note"]
    assert "12.3 ms" in lines[2]
    assert "81.3 images/s" in lines[2]


def test_an_unknown_part_is_told() -> None:
    with pytest.raises(UserError, match="--only speed: the parts are ceilings"):
        run_main(benchmark, "--only", "speed")
