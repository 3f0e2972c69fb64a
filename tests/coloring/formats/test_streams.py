"""CBR, CB7 and CBT are read as CBZ are: in reading order, byte for byte, and without harm."""
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

import py7zr
import pytest

from coloring.formats import unpacking
from data.pages import Limits, PageError, Volume, find_volumes, write_cbz
from tests.coloring.formats import packing
from tests.coloring.volumes import entries_of
from tests.test_pages_archives import image_bytes, names, opened, page_error, refusal
from util.errors import UserError

WRITERS = [packing.write_rar4, packing.write_rar5, packing.write_7z, packing.write_tar]
SUFFIX = {packing.write_rar4: "cbr", packing.write_rar5: "cbr", packing.write_7z: "cb7", packing.write_tar: "cbt"}
NOISE = Path(__file__).read_bytes()  # which does not compress to nothing


def pages(*names_: str) -> dict[str, bytes]:
    """Images that differ in their level: 10, 20, … in the order given."""
    return {name: image_bytes(10 * (index + 1)) for index, name in enumerate(names_)}


def levels(volume: Volume) -> list[int]:
    with volume:
        return [int(volume.open(page).getpixel((0, 0))) for page in volume.pages]


@pytest.mark.parametrize("write", WRITERS)
def test_pages_come_in_reading_order_whatever_the_order_in_the_archive(tmp_path, write):
    path = write(tmp_path / f"vol 1.{SUFFIX[write]}", pages("b/10.png", "b/2.png", "表紙.png", "a/1.png"))
    volume = opened(path)
    assert (volume.name, volume.kind, volume.problems) == ("vol 1", "archive", [])
    assert names(volume) == ["a/1.png", "b/2.png", "b/10.png", "表紙.png"]
    assert levels(volume) == [40, 20, 10, 30]
    assert levels(volume) == [40, 20, 10, 30]  # once it was closed


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("name", ["a.cbz", "a.pdf", "a.jpg.cbr", "a"])
def test_the_content_says_what_an_archive_is(tmp_path, write, name):
    assert levels(opened(write(tmp_path / name, pages("1.png")))) == [10]


@pytest.mark.parametrize("write", WRITERS)
def test_written_as_cbz_it_has_the_same_entries(tmp_path, write):
    content = pages("2.png", "1.png") | {"ComicInfo.xml": b"<ComicInfo/>" * 9}
    path = write(tmp_path / f"a.{SUFFIX[write]}", content)
    (tmp_path / "result.png").write_bytes(image_bytes(99))
    with opened(path) as volume:
        assert write_cbz(tmp_path / "b.cbz", volume, {"1.png": tmp_path / "result.png"}) == []
    made = entries_of(tmp_path / "b.cbz")
    assert made == content | {"1.png": image_bytes(99)}
    assert list(made) == list(content)


def test_many_threads_read_one_archive(tmp_path):
    volume = opened(packing.write_7z(tmp_path / "a.cb7", pages(*(f"{n}.png" for n in range(20)))))
    with volume, ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda n: volume.open(volume.pages[n * 7 % 20]).getpixel((0, 0)), range(40)))
    assert read == [10 * (n * 7 % 20 + 1) for n in range(40)]


def test_an_archive_is_unpacked_once_in_whatever_order_its_pages_are_read(tmp_path, monkeypatch):
    content = {f"{n}.png": NOISE * 5 for n in range(30)}
    volume = opened(packing.write_7z(tmp_path / "a.cb7", content))
    unpacked = []
    data = unpacking._Archive.data
    monkeypatch.setattr(unpacking._Archive, "data",
                        lambda archive: (unpacked.append(len(chunk)) or chunk for chunk in data(archive)))  # fmt: skip
    monkeypatch.setattr(unpacking, "_IN_MEMORY", 100_000)  # the rest goes to the disk
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with volume:
        assert [volume.read(page) for page in reversed(volume.pages)] == [NOISE * 5] * 30
        volume.read(volume.pages[0])
    assert sum(unpacked) == 30 * 5 * len(NOISE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.cb7"]


def test_a_page_is_known_again_and_a_changed_archive_too(tmp_path):
    path = packing.write_tar(tmp_path / "a.cbt", pages("1.png", "2.png"))
    first, second = (opened(path).identity(page) for page in opened(path).pages)
    assert first == opened(path).identity(opened(path).pages[0]) != second
    packing.write_tar(path, pages("0.png", "1.png", "2.png") | {"x": NOISE})
    assert opened(path).identity(opened(path).pages[0]) != first


# Damage


def test_a_damaged_page_is_a_problem_of_its_page_alone(tmp_path):
    path = packing.write_7z(tmp_path / "a.cb7", pages("1.png", "2.png", "3.png"), "7zip:compression=store")
    damaged = path.read_bytes().replace(image_bytes(20), bytes(len(image_bytes(20))))
    path.write_bytes(damaged)
    volume = opened(path)
    assert page_error(volume, 1) == "damaged"
    assert [volume.open(volume.pages[n]).getpixel((0, 0)) for n in (0, 2)] == [10, 30]


def test_damage_in_a_solid_archive_leaves_what_comes_before_it(tmp_path):
    noise = Random(0)
    content = pages("1.png") | {f"{n}.png": noise.randbytes(50_000) for n in range(2, 20)}
    path = packing.write_7z(tmp_path / "a.cb7", content)
    data = bytearray(path.read_bytes())
    data[path.stat().st_size // 2] ^= 0xFF
    path.write_bytes(data)
    volume = opened(path)
    assert volume.open(volume.pages[0]).getpixel((0, 0)) == 10
    assert page_error(volume, 18) == "damaged"


def test_pages_after_a_damaged_one_are_read(tmp_path, monkeypatch):
    """Where libarchive gives up at a page, it is passed by beginning anew."""
    path = packing.write_rar5(tmp_path / "a.cbr", pages("1.png", "2.png", "3.png"))
    volume = opened(path)
    data, bad = unpacking._Archive.data, []

    def failing(archive: unpacking._Archive):
        bad.append(1)
        if len(bad) == 2:
            raise unpacking._Damage
        return data(archive)

    monkeypatch.setattr(unpacking._Archive, "data", failing)
    with volume:
        with pytest.raises(PageError, match=r"^damaged$"):
            volume.open(volume.pages[1])
        assert [volume.open(volume.pages[n]).getpixel((0, 0)) for n in (0, 2)] == [10, 30]


@pytest.mark.parametrize("write", [packing.write_rar4, packing.write_rar5])
def test_a_truncated_archive_gives_what_it_has(tmp_path, write):
    path = write(tmp_path / "a.cbr", pages("1.png", "2.png", "3.png"))
    path.write_bytes(path.read_bytes()[: -len(image_bytes()) - 20])
    (volume,), problems = find_volumes([path])
    assert problems == []
    assert volume.problems == [f"a.cbr: damaged; what comes after {volume.pages[-1].name} is missing"]
    assert volume.open(volume.pages[0]).getpixel((0, 0)) == 10


# What is refused


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda path: packing.write_rar4(path, pages("1.png"), packing.RAR4_VOLUME), "one part of a RAR archive of s"),
        (lambda path: packing.write_rar5(path, pages("1.png"), packing.RAR5_VOLUME), "one part of a RAR archive of s"),
        (lambda path: packing.write_rar4(path, pages("1.png"), packing.RAR4_ENCRYPTED_HEADERS), "encrypted: unpack it"),
        (lambda path: packing.write_rar4(path, pages("1.png"), file_flags=4), "encrypted: unpack it with its password"),
        (lambda path: packing.write_rar5(path, pages("1.png"), extra=bytes([36, 1, 0, 0, 15]) + bytes(32)), "encryp"),
        (packing.rar5_encrypted, "encrypted: unpack it with its password"),
        (lambda path: packing.write_rar4(path, pages("1.png"), 8, file_flags=0x10), "a solid RAR 4 archive, which lib"),
        (lambda path: packing.write_tar(path, {"notes.txt": b""}), "no images in it: put some there"),
        (lambda path: packing.write_tar(path, {"b.cbz": b"", "c.txt": b""}), "no images in it, but b.cbz: a volume"),
    ],
)  # fmt: skip
def test_what_libarchive_does_not_read_is_refused_in_one_line(tmp_path, write, reason):
    write(tmp_path / "a.cbr")
    assert refusal(tmp_path / "a.cbr").startswith(reason)


@pytest.mark.parametrize("header", [False, True])
def test_an_encrypted_7z_is_refused(tmp_path, header):
    with py7zr.SevenZipFile(tmp_path / "a.cb7", "w", password="x", header_encryption=header) as archive:
        archive.writestr(image_bytes(), "1.png")
    assert refusal(tmp_path / "a.cb7").startswith("encrypted")


@pytest.mark.parametrize(("missing", "name"), [("package", "a.cbr"), ("library", "b.cb7")])
def test_without_libarchive_one_line_names_it_and_the_remedy(tmp_path, monkeypatch, missing, name):
    packing.write_7z(tmp_path / name, pages("1.png"))
    if missing == "package":
        monkeypatch.setitem(sys.modules, "libarchive", None)
    else:
        for module in [module for module in sys.modules if module.startswith("libarchive")]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setenv("LIBARCHIVE", str(tmp_path / "nowhere.so"))
    assert refusal(tmp_path / name) == (
        "7z archives need libarchive-c. Install it: pip install libarchive-c "
        "(and libarchive itself: apt install libarchive13)"
    )


# Hostile archives


@pytest.mark.parametrize("write", WRITERS)
def test_names_that_lead_out_of_the_folder_are_replaced_and_named(tmp_path, write):
    path = write(tmp_path / "a.cbr", pages("../x.png", "/etc/y.png", "1.png"))
    (volume,), _ = find_volumes([path])
    assert sorted(names(volume)) == ["1.png", "etc/y.png", "x.png"]
    assert len(volume.problems) >= 1
    assert all(problem.endswith((": renamed to x.png", ": renamed to etc/y.png")) for problem in volume.problems)
    assert sorted(levels(volume)) == [10, 20, 30]


def test_links_and_devices_are_passed_over(tmp_path):
    (tmp_path / "secret.png").write_bytes(image_bytes(99))
    links = [("1.png", str(tmp_path / "secret.png"), tarfile.SYMTYPE), ("2.png", "9.png", tarfile.LNKTYPE),
             ("3.png", "", tarfile.CHRTYPE), ("4.png", "", tarfile.FIFOTYPE)]  # fmt: skip
    volume = opened(packing.write_tar(tmp_path / "a.cbt", pages("9.png"), links))
    assert names(volume) == ["9.png"]
    assert volume.problems == [f"{n}.png: a link, passed over" for n in (1, 2, 3, 4)]


def test_a_bomb_is_unpacked_up_to_the_limit(tmp_path):
    path = packing.write_7z(tmp_path / "a.cb7", {"1.png": bytes(9_000_000)} | pages("2.png"))
    assert path.stat().st_size < 10_000
    volume = opened(path, Limits(entry_mb=2))
    assert page_error(volume) == "unpacks to more than 2 MB"
    assert volume.open(volume.pages[1]).getpixel((0, 0)) == 10
    assert opened(path, Limits(entry_mb=9)).read(opened(path).pages[0]) == bytes(9_000_000)


def test_a_volume_that_unpacks_to_too_much_is_stopped_whatever_it_declares(tmp_path, monkeypatch):
    path = packing.write_7z(tmp_path / "a.cb7", pages("1.png") | {"2.png": bytes(9_000_000)})
    limits = Limits(volume_gb=0.005)
    assert refusal(path, limits) == "unpacks to more than 0.005 GB: split it"
    listed = unpacking._listed
    monkeypatch.setattr(unpacking, "_listed",
                        lambda *args: replace(listed(*args), size=1))  # as if it lied  # fmt: skip
    volume = opened(path, limits)
    unpacked = []
    data = unpacking._Archive.data
    monkeypatch.setattr(unpacking._Archive, "data",
                        lambda archive: (unpacked.append(len(chunk)) or chunk for chunk in data(archive)))  # fmt: skip
    assert page_error(volume, 1) == "the archive unpacks to more than 0.005 GB: split it"
    assert sum(unpacked) < 6_000_000


def test_too_many_entries_are_refused(tmp_path):
    path = packing.write_tar(tmp_path / "a.cbt", pages("1.png", "2.png", "3.png"))
    assert refusal(path, Limits(entries=2)) == "more than 2 entries: split it"


def test_a_solid_rar_5_archive_is_counted_when_it_is_listed(tmp_path):
    """libarchive unpacks it to pass an entry."""
    path = packing.write_rar5(tmp_path / "a.cbr", pages("1.png") | {"2.png": NOISE}, packing.RAR5_SOLID)
    assert levels(opened(packing.write_rar5(tmp_path / "b.cbr", pages("1.png", "2.png"), 4))) == [10, 20]
    assert refusal(path, Limits(volume_gb=1e-6)).startswith("unpacks to more than 1e-06 GB")


@pytest.mark.parametrize("write", WRITERS)
def test_any_damage_is_a_refusal_or_a_page_error(tmp_path, write):
    whole = write(tmp_path / "whole", pages("1.png", "b/2.png")).read_bytes()
    path = tmp_path / "a.cbr"
    for position in range(8, min(len(whole), 700), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            with find_volumes([path], Limits(entry_mb=1, volume_gb=0.01))[0][0] as volume:
                for page in volume.pages:
                    volume.open(page)
        except (UserError, PageError):
            pass
