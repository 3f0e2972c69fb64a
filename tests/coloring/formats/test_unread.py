"""What is an image or a volume but is not read is named; ordinary side files are not."""
import pytest

from data.pages import find_volumes
from tests.coloring.formats.packing import write_tar
from tests.test_pages_archives import image_bytes, names, opened, refusal, write_zip

SIDE_FILES = ["a.txt", "b.nfo", "c.xml", "Thumbs.db", ".DS_Store", "d.json", "__MACOSX/e.psd", ".f.heic", "g", "h.html"]
UNREAD = {
    "a.heic": "HEIC images are not read: save it as PNG", "sub/b.PSD": "PSD images are not read: save it as PNG",
    "c.svg": "SVG images are not read: save it as PNG", "d.djvu": "DJVU files are not read: convert it to CBZ or PDF",
    "e.mobi": "MOBI files are not read: convert it to CBZ or PDF",
    "f.azw3": "AZW3 files are not read: convert it to CBZ or PDF",
}  # fmt: skip
NESTED = ["n.cbz", "o.rar", "p.pdf", "q.epub"]


def reported(name: str) -> str:
    return f"{name}: " + UNREAD.get(name, "a volume inside of the archive is not read: unpack it and give it by itself")


def test_a_folder_names_what_it_does_not_read(tmp_path):
    for name in ("1.png", *SIDE_FILES, *UNREAD):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(image_bytes())
    (volume,), problems = find_volumes([tmp_path])
    assert names(volume) == ["1.png"]
    assert sorted(problems) == sorted(map(reported, UNREAD))


@pytest.mark.parametrize("write", [lambda path, entries: write_zip(path, entries.items()), write_tar])
def test_an_archive_names_what_it_does_not_read_and_passes_it_on(tmp_path, write):
    entries = dict.fromkeys(["1.png", *SIDE_FILES, *UNREAD, *NESTED], image_bytes())
    write(tmp_path / "a.cbz", entries)
    volume = opened(tmp_path / "a.cbz")
    assert names(volume) == ["1.png"]
    assert sorted(volume.problems) == sorted(map(reported, [*UNREAD, *NESTED]))
    assert [entry.name for entry in volume.entries] == list(entries)


def test_an_archive_of_archives_is_refused_with_the_reason(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("readme.txt", b""), ("vol 1.cbz", b"")])
    assert refusal(path) == f"no images in it, but {reported('vol 1.cbz')}"


@pytest.mark.parametrize("name", ["a.heic", "d.djvu"])
def test_a_file_that_was_named_is_refused_with_the_reason(tmp_path, name):
    (tmp_path / name).write_bytes(b"nothing that is known")
    assert refusal(tmp_path / name) == UNREAD[name]


def test_the_content_of_a_file_that_was_named_comes_first(tmp_path):
    assert names(opened(write_zip(tmp_path / "a.azw3", [("1.png", image_bytes())]))) == ["1.png"]
