"""Volumes are found in whatever is given, in natural order, under names that never meet."""
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.pages import PageError, Volume, find_volumes
from tests.helpers import save_grey
from tests.test_pages_archives import image_bytes, zip_of
from tests.test_pages_pdfs import pdf_of
from util.errors import UserError

RAR = b"Rar!\x1a\x07\0" + bytes(20)


def laid_out(folder: Path, *names: str) -> Path:
    """A folder of images, archives, PDFs and other files, told by their suffix."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".cbz", ".zip"):
            zip_of(path, "1.png", "sub/2.png")
        elif path.suffix == ".pdf":
            pdf_of(path, (30, 40))
        elif path.suffix == ".cbr":
            path.write_bytes(RAR)
        elif path.suffix in (".png", ".PNG"):
            save_grey(path, 100)
        else:
            path.touch()
    return folder


def found(*paths: Path) -> dict[str, list[str]]:
    """The names of all volumes, in order, and those of their pages."""
    volumes, problems = find_volumes(paths)
    assert problems == []
    assert [problem for volume in volumes for problem in volume.problems] == []
    return {volume.name: [page.name for page in volume.pages] for volume in volumes}


SUB = ["1.png", "sub/2.png"]  # what the archives hold
SHEET = ["page_0001.png"]  # what the PDFs hold


def test_a_folder_of_images_is_one_volume_of_its_own_name(tmp_path):
    assert found(laid_out(tmp_path, "page10.png", "page2.png", "Thumbs.db", ".a.png", "notes.txt")) == {
        "": ["page2.png", "page10.png"]
    }


def test_every_folder_archive_and_pdf_below_is_a_volume_in_natural_order(tmp_path):
    laid_out(tmp_path, "ch10/1.png", "ch2/1.png", "ch2/extra/1.png", "cover.png")
    laid_out(tmp_path, "vol 1.cbz", "side/b.pdf", "side/a.zip")
    laid_out(tmp_path, ".git/1.png", "__MACOSX/1.png", "empty/notes.txt")
    assert found(tmp_path) == {
        "": ["cover.png"], "ch2": ["1.png"], "ch2/extra": ["1.png"], "ch10": ["1.png"],
        "side/a": SUB, "side/b": SHEET, "vol 1": SUB,
    }  # fmt: skip
    assert list(found(tmp_path)) == ["", "ch2", "ch2/extra", "ch10", "side/a", "side/b", "vol 1"]


def test_kinds_and_paths_tell_what_a_volume_is(tmp_path):
    volumes, _ = find_volumes([laid_out(tmp_path, "a/1.png", "b.cbz", "c.pdf")])
    assert [(volume.kind, volume.path.name) for volume in volumes] == [
        ("folder", "a"), ("archive", "b.cbz"), ("pdf", "c.pdf")
    ]  # fmt: skip


def test_one_image_is_a_volume_of_one_page(tmp_path):
    assert found(laid_out(tmp_path, "1.png", "2.png") / "1.png") == {"": ["1.png"]}


def test_a_file_of_another_name_is_taken_for_an_image(tmp_path):
    (tmp_path / "scan.jfif").write_bytes(image_bytes(suffix="jpg"))
    assert found(tmp_path / "scan.jfif") == {"": ["scan.jfif"]}


def test_images_given_one_by_one_are_one_volume(tmp_path):
    laid_out(tmp_path, "b/10.png", "b/2.png", "a.png")
    assert found(tmp_path / "b/10.png", tmp_path / "b/2.png") == {"": ["2.png", "10.png"]}
    assert found(tmp_path / "b/10.png", tmp_path / "a.png", tmp_path / "a.png") == {"": ["a.png", "b/10.png"]}


def test_a_list_is_a_volume_in_its_own_order(tmp_path):
    laid_out(tmp_path, "a/2.png", "a/1.png", "b/1.png")
    (tmp_path / "pages.txt").write_text("a/2.png\nb/1.png\n\n# not this: b/2.png\na/1.png\na/2.png\n")
    assert found(tmp_path / "pages.txt") == {"": ["a/2.png", "b/1.png", "a/1.png"]}


def test_an_archive_is_called_after_its_file(tmp_path):
    laid_out(tmp_path, "vol.1.cbz", "vol.10.cbz", "vol.2.cbz")
    assert found(tmp_path / "vol.1.cbz") == {"vol.1": SUB}
    assert list(found(*tmp_path.iterdir())) == ["vol.1", "vol.2", "vol.10"]


def test_several_folders_go_by_their_own_names(tmp_path, monkeypatch):
    laid_out(tmp_path, "x/ch1/1.png", "x/ch1/deep/1.png", "y/ch1/1.png", "y/a.cbz")
    both = found(tmp_path / "x/ch1", tmp_path / "y/ch1")
    assert both == {"ch1": ["1.png"], "ch1/deep": ["1.png"], "ch1_2": ["1.png"]}
    monkeypatch.chdir(tmp_path / "y")
    assert found(Path("."), Path("../x")) == {
        "x/ch1": ["1.png"], "x/ch1/deep": ["1.png"], "y/a": SUB, "y/ch1": ["1.png"]
    }  # fmt: skip


def test_the_same_path_twice_is_one(tmp_path):
    laid_out(tmp_path, "a/1.png")
    assert found(tmp_path / "a", tmp_path / "a/../a") == {"": ["1.png"]}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.cbz", "a.pdf"], ["a.cbz", "a.pdf"]),
        (["a.cbz", "A.zip", "b.cbz"], ["A.zip", "a.cbz", "b"]),
        (["a.cbz", "a/1.png"], ["a", "a.cbz"]),
        (["a.cbz", "a/b/1.png"], ["a.cbz", "a/b"]),
        (["a.cbz", "a/b.cbz"], ["a.cbz", "a/b"]),
        (["a.cbz", "a.cbz.pdf"], ["a", "a.cbz"]),
        (["a.cbz", "a.zip", "a.cbz.pdf"], ["a.cbz", "a.zip", "a.cbz.pdf"]),
        (["a.png", "a.png.cbz"], ["", "a.png.cbz"]),
        (["a/1.png", "A/1.png"], ["A", "a_2"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_no_two_volumes_meet_among_the_results(tmp_path, files, names):
    assert sorted(found(laid_out(tmp_path, *files))) == sorted(names)


def test_lists_beside_others_have_names_of_their_own(tmp_path):
    laid_out(tmp_path, "a/1.png", "b.cbz")
    for name in ("a.txt", "c.lst"):
        (tmp_path / name).write_text("a/1.png")
    names = found(*(tmp_path / name for name in ("a", "a.txt", "c.lst", "b.cbz")))
    assert list(names) == ["a", "a.txt", "b", "c"]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path):
    laid_out(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "c").symlink_to(tmp_path / "b")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert found(tmp_path) == {"a": ["1.png"], "b": ["2.png"], "c": ["2.png"]}


# Pages of folders


def folder_volume(path: Path) -> Volume:
    (volume,), _ = find_volumes([path])
    return volume


def test_a_page_of_a_folder_is_read_byte_for_byte(tmp_path):
    (tmp_path / "1.png").write_bytes(image_bytes(70))
    with folder_volume(tmp_path) as volume:
        assert volume.read(volume.pages[0]) == image_bytes(70)
        assert volume.open(volume.pages[0]).getpixel((0, 0)) == 70


def test_a_page_of_a_folder_is_known_by_its_content(tmp_path):
    save_grey(tmp_path / "1.png", 10)
    volume = folder_volume(tmp_path)
    before = volume.identity(volume.pages[0])
    assert volume.identity(volume.pages[0]) == before
    save_grey(tmp_path / "1.png", 10, size=(40, 40))
    assert volume.identity(volume.pages[0]) != before


def test_a_page_that_vanished_is_a_page_error(tmp_path):
    volume = folder_volume(laid_out(tmp_path, "1.png"))
    (tmp_path / "1.png").unlink()
    for method in (volume.open, volume.read, volume.identity):
        with pytest.raises(PageError, match=r"^No such file or directory$"):
            method(volume.pages[0])


def test_pages_that_differ_in_case_alone_get_names_that_differ(tmp_path):
    laid_out(tmp_path, "a.png", "A.PNG")
    volume = folder_volume(tmp_path)
    assert [page.name for page in volume.pages] == ["A.PNG", "a_2.png"]
    assert volume.problems == ["a.png: renamed to a_2.png"]


# Nothing to color


def refusal(*paths: Path) -> str:
    with pytest.raises(UserError) as caught:
        find_volumes(paths)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_can_not_be_read_is_left_out_and_named(tmp_path):
    laid_out(tmp_path, "a.cbz", "old/b.cbr", "c.pdf")
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.4 and no more")
    volumes, problems = find_volumes([tmp_path])
    assert [volume.name for volume in volumes] == ["a"]
    assert sorted(problems) == [
        "c.pdf: a damaged PDF: fetch it again, or save it anew",
        "old/b.cbr: damaged: fetch it again, or pack its images as CBZ anew",
    ]


def test_a_folder_that_can_not_be_opened_is_named_and_the_rest_is_done(tmp_path, monkeypatch):
    laid_out(tmp_path, "a/1.png", "locked/1.png")
    iterdir = Path.iterdir

    def locked(folder: Path) -> Iterator[Path]:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", locked)
    volumes, problems = find_volumes([tmp_path])
    assert [volume.name for volume in volumes] == ["a"]
    assert problems == [f"{tmp_path / 'locked'}: Permission denied"]


def test_a_folder_of_nothing_but_refusals_is_refused(tmp_path):
    laid_out(tmp_path, "a.cbr", "b.cbr")
    assert refusal(tmp_path) == (
        "nothing to color: a.cbr: damaged: fetch it again, or pack its images as CBZ anew (and 1 more)"
    )


def test_an_empty_folder_is_refused_also_beside_others(tmp_path):
    laid_out(tmp_path, "a/1.png", "b/notes.txt")
    assert refusal(tmp_path / "b").startswith(f"no images in {tmp_path / 'b'}: put some there (jpg, ")
    assert refusal(tmp_path / "a", tmp_path / "b").startswith(f"no images in {tmp_path / 'b'}: ")


def test_a_refused_file_that_was_named_stops_all(tmp_path):
    laid_out(tmp_path, "a.cbz", "b.cbr")
    assert refusal(tmp_path / "a.cbz", tmp_path / "b.cbr").startswith(f"can't read {tmp_path / 'b.cbr'}: damaged: ")


def test_a_path_that_is_not_there_is_named(tmp_path):
    assert refusal(tmp_path / "scans") == f"no file or folder {tmp_path / 'scans'}: check --dataroot"
    assert refusal(tmp_path / "a.cbz") == f"no file or folder {tmp_path / 'a.cbz'}: check --dataroot"
