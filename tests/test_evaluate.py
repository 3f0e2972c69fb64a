"""Folders of results against the truth: the right pairs at the right size, tables, files, mistakes in one line."""
import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import evaluating
from tests.helpers import save_grey, save_noise
from util.metrics import METRICS, SET_METRICS, measure

SIDE = 12
COLORS = {"a": "red", "b": "blue", "deep/c": "green"}


def save(path: Path, color: str, size: tuple[int, int] = (SIDE, SIDE)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


@pytest.fixture
def folders(tmp_path, monkeypatch) -> Path:
    """Three true colorings; `same` has them in another format, `scans` is grey, of mode L; the rest is for a test."""
    for name, color in COLORS.items():
        save(tmp_path / f"truth/{name}.png", color)
        save(tmp_path / f"same/{name}.bmp", color)
        save_grey(tmp_path / f"scans/{name}.png", 119, (SIDE, SIDE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys):
    """Runs the script; gives its exit status (None: no mistake), stdout and stderr."""

    def run(*argv: str, truth: str = "truth") -> tuple[int | str | None, str, str]:
        return evaluating.call(capsys, "--truth", truth, *argv)

    return run


def read_report() -> dict:
    return json.loads(Path("out.json").read_text(encoding="utf-8"))


def table(text: str, place: int = 0) -> list[list[str]]:
    """The cells of one of the tables in a Markdown text, without the line below its head."""
    tables = [part for part in text.split("\n\n") if part.startswith("|")]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables[place].splitlines()]
    return [lines[0], *lines[2:]]


def pixels(path: str, size: tuple[int, int] | None = None) -> np.ndarray:
    image = Image.open(path).convert("RGB")
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC) if size else image)


def test_a_row_for_each_folder_with_means_over_its_images(folders, call):
    status, text, _ = call("perfect=same", "scan=scans", "--json=out.json")
    assert status is None
    head, perfect, scan = table(text)
    assert head == [
        "coloring", "images", "CIEDE2000 ↓", "CIEDE2000 colored ↓", "hue error (°) ↓", "SSIM ↑", "PSNR (dB) ↑",
        "chroma ratio → 1", "colorfulness",
    ]  # fmt: skip
    exact = ["0.00 [0.00, 0.00]"] * 2 + ["0.0 [0.0, 0.0]", "1.000 [1.000, 1.000]", "58.92 [58.92, 58.92]"]
    assert perfect[:-1] == ["perfect", "3", *exact, "1.00 [1.00, 1.00]"]
    assert (scan[4], scan[-2]) == ("–", "0.00 [0.00, 0.00]")
    means = read_report()["means"]["scan"]
    figures = [measure(pixels(f"scans/{name}.png"), pixels(f"truth/{name}.png")) for name in COLORS]
    for name in figures[0].keys() - {"hue_error"}:
        of_name = [each[name] for each in figures]
        assert means[name]["mean"] == pytest.approx(np.mean(of_name))
        assert means[name]["low"] <= means[name]["mean"] <= means[name]["high"]
        assert (means[name]["low"], means[name]["high"]) == pytest.approx((min(of_name), max(of_name)))
        assert means[name]["count"] == 3


def test_the_truth_is_scaled_to_the_result(folders, call):
    save_noise(folders / "big/a.png", (48, 36))
    save_noise(folders / "small/a.png", (16, 12), seed=1)
    call("small=small", "--json=out.json", truth="big")
    expected = measure(pixels("small/a.png"), pixels("big/a.png", (16, 12)))
    other_way = measure(pixels("small/a.png", (48, 36)), pixels("big/a.png"))
    assert expected["psnr"] != pytest.approx(other_way["psnr"], 0.01)
    assert {name: mean["mean"] for name, mean in read_report()["means"]["small"].items()} == pytest.approx(expected)


def test_size_scales_both_in_the_proportions_of_the_truth(folders, call):
    save_noise(folders / "big/a.png", (48, 36))
    save_noise(folders / "square/a.png", (64, 64), seed=1)
    _, text, _ = call("square=square", "--size=15", "--json=out.json", truth="big")
    expected = measure(pixels("square/a.png", (20, 15)), pixels("big/a.png", (20, 15)))
    assert {name: mean["mean"] for name, mean in read_report()["means"]["square"].items()} == pytest.approx(expected)
    assert read_report()["size"] == 15
    assert "a shorter side of 15 pixels" in text


def test_differences_from_the_baseline_are_paired(folders, call):
    """Over the images that both have, with the sign of title minus baseline, and narrower than unpaired."""
    for index in range(20):
        save_noise(folders / f"pages/{index}.png", (SIDE, SIDE), index)
        noisy = pixels(f"pages/{index}.png").astype(int)
        for title, factor in (("near", 0.95), ("far", 0.9)):
            (folders / title).mkdir(exist_ok=True)
            Image.fromarray((noisy * factor).astype(np.uint8)).save(folders / title / f"{index}.png")
    (folders / "near/7.png").unlink()
    _, text, _ = call("far=far", "near=near", "--baseline=far", "--json=out.json", truth="pages")
    report = read_report()
    assert report["differences"].keys() == {"near"}
    difference, far = report["differences"]["near"], report["means"]["far"]
    assert difference["ciede2000"]["count"] == 19
    assert difference["ciede2000"]["high"] < 0 < difference["psnr"]["low"]
    assert difference["ciede2000"]["low"] <= difference["ciede2000"]["mean"] <= difference["ciede2000"]["high"]
    widths = [mean["ciede2000"]["high"] - mean["ciede2000"]["low"] for mean in (difference, far)]
    assert widths[0] < widths[1]
    head, near = table(text, 1)
    assert (head[0], near[:2]) == ("minus far", ["near", "19"])
    assert near[2].startswith("-")
    assert near[6].startswith("+")


def test_names_without_partner_are_counted(folders, call):
    (folders / "scans/b.png").unlink()
    save_grey(folders / "scans/x.png", 0)
    save_grey(folders / "scans/y.png", 0)
    status, text, _ = call("scan=scans", "same=same", "--baseline=same")
    assert status is None
    assert [row[1] for row in table(text)] == ["images", "2", "3"]
    assert table(text, 1)[1][1] == "2"
    assert "scan: 1 of 3 truths have no result and are left out." in text
    assert "scan: 2 of 4 results have no truth and are left out." in text
    assert "means over different images" in text
    assert "scan against same: undecided, 2 images are too few." in text
    assert "\nsame:" not in text


def test_truths_without_color_are_left_out_of_the_colored_figures(folders, call):
    save_grey(folders / "truth/grey.png", 119, (SIDE, SIDE))
    save_grey(folders / "scans/grey.png", 119, (SIDE, SIDE))
    _, text, _ = call("scan=scans", "--json=out.json", "--csv=out.csv")
    assert "CIEDE2000 colored, chroma ratio: without 1 truths without colored pixels." in text
    counts = {name: mean["count"] for name, mean in read_report()["means"]["scan"].items()}
    assert counts == {
        "ciede2000": 4, "ciede2000_colored": 3, "hue_error": 0, "ssim": 4, "psnr": 4, "chroma_ratio": 3,
        "colorfulness": 4,
    }  # fmt: skip
    lines = list(csv.DictReader(Path("out.csv").read_text(encoding="utf-8").splitlines()))
    assert [line["image"] for line in lines] == ["a", "b", "deep/c".replace("/", str(Path("/"))), "grey"]
    assert (lines[-1]["chroma_ratio"], lines[-1]["ciede2000"]) == ("", "0.0")


def test_one_image_has_no_interval_and_no_color_no_figure(folders, call):
    save_grey(folders / "plain/a.png", 119, (SIDE, SIDE))
    _, text, _ = call("grey=plain", "--json=out.json", truth="plain")
    assert table(text)[1] == ["grey", "1", "0.00", "–", "–", "1.000", "58.92", "–", "0.0"]
    assert read_report()["means"]["grey"]["chroma_ratio"] == {"mean": None, "low": None, "high": None, "count": 0}


def test_the_same_figures_every_time_whatever_stands_beside(folders, call):
    call("scan=scans", "--markdown=one.md", "--json=one.json", "--csv=one.csv")
    _, text, _ = call("scan=scans", "--markdown=two.md", "--json=two.json", "--csv=two.csv")
    for suffix in ("md", "json", "csv"):
        assert Path(f"one.{suffix}").read_bytes() == Path(f"two.{suffix}").read_bytes()
    assert Path("two.md").read_text(encoding="utf-8") == text
    assert table(text)[1] == table(call("same=same", "scan=scans")[1])[2]


def test_a_title_with_a_bar_stays_one_cell(folders, call):
    assert "| a\\|b |" in call("a|b=same")[1]


def test_unreadable_images_are_all_named_in_one_line(folders, call):
    for path in ("scans/a.png", "truth/b.png"):
        (folders / path).write_bytes(b"no image")
    status, text, errors = call("scan=scans", "same=same", "--json=out.json")
    assert (status, text) == (2, "")
    assert errors.count("\n") == 1
    assert errors.count(str(Path("scans/a.png"))) == errors.count(str(Path("truth/b.png"))) == 1
    assert not Path("out.json").exists()


def test_many_unreadable_images_are_counted(folders, call):
    for index in range(8):
        save_grey(folders / f"truth/{index}.png", 0)
        (folders / f"scans/{index}.png").write_bytes(b"no image")
    assert call("scan=scans")[2].endswith("; and 3 more\n")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["scans"], "scans should be TITLE=FOLDER"),
        (["=scans"], "=scans should be TITLE=FOLDER"),
        (["scan="], "scan= should be TITLE=FOLDER"),
        (["one=scans", "one=same"], "two folders are called one"),
        (["scan=nowhere"], "no folder nowhere: check what --truth and TITLE=FOLDER name"),
        (["scan=scans", "--baseline=same"], "--baseline same is none of the titles: scan"),
        (["scan=scans", "--size=10"], "--size 10 is too small for SSIM: give 11 or more"),
        (["scan=others"], "scan has no picture of the same name as a truth: there other, among the truths a,"),
        (["tiny=tiny"], f"{Path('tiny/a.png')}: 4 × 4 pixels are too few for SSIM"),
        (["scan=scans", "--json=truth"], "can't write truth"),
    ],
)
def test_mistakes_are_told_in_one_line(folders, call, argv, message):
    save_grey(folders / "others/other.png", 0)
    save_grey(folders / "tiny/a.png", 0, (4, 4))
    status, _, errors = call(*argv)
    assert status == 2
    assert errors.startswith(f"error: {message}")
    assert errors.count("\n") == 1


def test_help_explains_every_metric(call):
    status, text, _ = call("--help")
    assert status == 0
    assert all(f"{reading.title}: {reading.help}" in text for reading in [*METRICS.values(), *SET_METRICS.values()])
