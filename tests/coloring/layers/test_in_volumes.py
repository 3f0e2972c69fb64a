"""Layers from the command line: each colored page gets them, whatever it is called, also after an interruption."""
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from coloring.colored_page import ColoredPage
from coloring.layers import Layer, flatten
from models.networks import define_G
from models.page_colorizer import PageColorizer
from tests.coloring.test_going_on import interrupted_once
from tests.coloring.volumes import SIZE, Color, draw_coloring, draw_scan, encoded, pack, save_scans
from tests.helpers import Interruption
from util import checkpoint

LAYERS = ["紙", "塗り", "線画"]


@pytest.fixture(autouse=True)
def finishing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be made of layers and regions: two flat colors, side by side."""

    def finish(self: PageColorizer, page: Image.Image, *_: object) -> ColoredPage:
        ink = np.asarray(page.convert("L"))
        flats = np.zeros((*ink.shape, 4), np.uint8)
        flats[:, : ink.shape[1] // 2] = (250, 200, 160, 255)
        flats[:, ink.shape[1] // 2 : -1] = (60, 90, 200, 255)
        pixels = (np.full((*ink.shape, 3), 255, np.uint8), flats, ink)
        layers = tuple(map(Layer, LAYERS, pixels, ("normal", "normal", "multiply")))
        regions = (flats[..., 3] > 0).astype(np.int32) + (flats[..., 0] == 60)
        return ColoredPage(Image.fromarray(flatten(layers)), layers, regions)

    monkeypatch.setattr(PageColorizer, "finish", finish)


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def merged(path: Path) -> np.ndarray:
    with zipfile.ZipFile(path) as archive, archive.open("mergedimage.png") as image:
        return np.asarray(Image.open(image))


@pytest.mark.parametrize("argv", [[], ["--no_html"]])
def test_openraster_of_each_page(color: Color, results: Path, tmp_path: Path, argv: list[str]) -> None:
    book = save_scans(tmp_path / "book", ["第1話/一.png", "第1話/二.jpg", "a.png", "a.jpg", "a.bmp"])
    draw_coloring().save(book / "cover.png")
    Image.new("L", SIZE, 250).save(book / "blank.png")
    assert color("--dataroot", book, "--layers=ora", "--image_format=png", *argv) == 0
    expected = ["a.ora", "a_2.ora", "a_3.ora", "第1話/一.ora", "第1話/二.ora"]
    assert files_in(results / "layers") == expected
    for name in expected[3:]:
        page = Image.open(results / "images" / Path(name).with_suffix(".png"))
        assert np.array_equal(merged(results / "layers" / name), np.asarray(page))


def test_psd_of_a_page_of_an_archive(color: Color, results: Path, tmp_path: Path) -> None:
    pack(tmp_path / "巻1.cbz", {"頁/1.png": encoded(draw_scan(1), tmp_path / "p.png")})
    assert color("--dataroot", tmp_path / "巻1.cbz", "--layers=psd", "--no_html") == 0
    assert sorted(path.name for path in results.iterdir()) == ["layers", "巻1.cbz"]
    psd = PSDImage.open(results / "layers" / "巻1" / "頁" / "1.psd")
    assert [layer.name for layer in psd] == LAYERS


def test_folder_of_images_of_a_page_of_a_pdf(color: Color, results: Path, tmp_path: Path) -> None:
    draw_scan(1).save(tmp_path / "two.pdf", save_all=True, append_images=[draw_scan(2)], resolution=100)
    assert color("--dataroot", tmp_path / "two.pdf", "--layers=png") == 0
    folder = results / "layers" / "two"
    pages = ["page_0001", "page_0002"]
    assert files_in(folder) == [f"{page}/{n}_{name}.png" for page in pages for n, name in enumerate(LAYERS, start=1)]


def test_folders_of_pages_do_not_mix(color: Color, results: Path, tmp_path: Path) -> None:
    book = save_scans(tmp_path / "book", ["a.png", "a/b.png", "c/d.png", "c.png"])
    assert color("--dataroot", book, "--layers=png") == 0
    found = {str(Path(name).parent) for name in files_in(results / "layers")}
    assert found == {"a/b", "a_2", "c/d", "c_2"}


def interrupted(
    color: Color, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *argv: str
) -> tuple[Path, list[tuple[int, ...]]]:
    """A folder of 12 pages of which 8 or fewer are done, and what the network is asked for, from the first page on."""
    book = save_scans(tmp_path / "book", [f"{n}.png" for n in range(12)])
    calls = interrupted_once(monkeypatch, page=9)
    with pytest.raises(Interruption):
        color("--dataroot", book, *argv)
    return book, calls


def test_interrupted_work_makes_missing_layers_anew(
    color: Color, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, calls = interrupted(color, tmp_path, monkeypatch, "--layers=png")
    done = sorted((results / "layers").glob("*/3_*.png"))
    done[0].unlink()
    before = {path: path.stat().st_mtime_ns for path in done[1:4]}
    assert color("--dataroot", book, "--layers=png") == 0
    assert len(list((results / "layers").rglob("*.png"))) == 36
    assert len(calls) < 9 + 12
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_other_layers_make_all_pages_anew(
    color: Color, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, calls = interrupted(color, tmp_path, monkeypatch)
    assert color("--dataroot", book, "--layers=ora") == 0
    assert len(calls) == 9 + 12
    assert len(files_in(results / "layers")) == 12


def test_page_that_no_psd_can_hold(
    color: Color, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    book = save_scans(tmp_path / "book", ["1.png", "3.png"])
    draw_scan(1, (20, 30_001)).save(book / "2.png")
    assert color("--dataroot", book, "--layers=psd", "--page_size=8") == 1
    said = capsys.readouterr()
    assert "3 pages: 3 colored" in said.out
    assert said.err.count("problem: ") == 1
    assert "problem: 2.png: its layers cannot become a PSD: 20 × 30001 pixels" in said.err
    assert files_in(results / "layers") == ["1.psd", "3.psd"]
    assert files_in(results / "images") == ["1.png", "2.png", "3.png"]
    assert "its layers cannot become a PSD" in (results / "index.html").read_text()


def test_page_that_was_not_made_of_layers(
    color: Color, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(PageColorizer, "finish", lambda self, page, *_: ColoredPage(page.convert("RGB")))
    assert color("--dataroot", save_scans(tmp_path / "book", ["1.png"]), "--layers=ora") == 1
    assert "problem: 1.png: it was not made of layers. Drop --layers." in capsys.readouterr().err


def test_page_to_look_at_shows_regions_and_layers(color: Color, results: Path, tmp_path: Path) -> None:
    book = save_scans(tmp_path / "book", ["1.png"])
    assert color("--dataroot", book) == 0
    assert not (results / "layers").exists()
    shown = files_in(results / "thumbnails")
    assert [name.partition("_")[2] for name in shown if "_" in name] == [
        "layer1.jpg", "layer2.webp", "layer3.jpg", "regions.png"
    ]  # fmt: skip
    index = (results / "index.html").read_text()
    assert all(f"thumbnails/{name}" in index for name in shown)
    assert all(name in index for name in LAYERS)
    assert color("--dataroot", book, "--no_html", "--results_dir", tmp_path / "bare") == 0
    assert files_in(tmp_path / "bare") == ["run/test_latest/images/1.png"]


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["--layers=ora", "--direction=BtoA"],
         "error: --layers needs a generator that colors. Drop --layers or --direction BtoA."),
        (["--layers=ora", "--model=cycle_gan"], "error: --model cycle_gan writes no layers. Drop --layers or --model."),
        (["--layers=xcf"], "invalid choice: 'xcf' (choose from"),
    ],
)  # fmt: skip
def test_layers_that_cannot_be(
    color: Color, run: Path, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture, argv: list[str], error: str
) -> None:
    checkpoint.save(define_G(3, 1, 4, "scan").state_dict(), run / "latest_net_G_B.pth")
    try:
        assert color("--dataroot", save_scans(tmp_path / "book", ["1.png"]), *argv) == 2
    finally:
        (run / "latest_net_G_B.pth").unlink()
    said = capsys.readouterr().err
    assert error in said
    assert said.count("\n") == 1
    assert not results.exists()
