"""Whatever an archive calls its entries, results get names that are safe and unique."""
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.pages.names import Names, claim_pages, printable, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("ch 1/001.jpg", "ch 1/001.jpg"),
        ("第1話/表紙？.jpg", "第1話/表紙？.jpg"),
        ("../../x.jpg", "x.jpg"),
        ("a/../x.jpg", "a/x.jpg"),
        ("/etc/x.jpg", "etc/x.jpg"),
        ("C:\\scans\\x.jpg", "scans/x.jpg"),
        ("c:x.jpg", "x.jpg"),
        ("/c:/d:/x.jpg", "x.jpg"),
        ("\\\\server\\share\\x.jpg", "server/share/x.jpg"),
        ("./a//x.jpg", "a/x.jpg"),
        ("a\n\x1b[31m.jpg", "a__[31m.jpg"),
        ("..", ""),
    ],
)
def test_a_name_stays_below_its_folder(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize("letter", ["x", "字", "\U0001f600"])
def test_names_too_long_for_a_disk_are_cut_and_keep_their_suffix(letter):
    folder, file = safe_name(f"{letter * 300}/{letter * 300}.jpg").split("/")
    assert file.endswith(f"{letter}.jpg")
    assert folder.endswith(letter)
    assert max(len(folder.encode()), len(file.encode())) <= 255


def test_paths_too_long_for_a_disk_keep_the_file_alone():
    assert safe_name("folder/" * 1000 + "x.jpg") == "x.jpg"


@given(st.text(st.sampled_from("aB./\\: \n\0é\ud800ß1"), max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_name_is_made_safe_once_and_for_all(name):
    safe = safe_name(name)
    path = PurePosixPath(safe)
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert safe in ("", str(path))
    assert safe.encode().decode() == safe
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("wanted", "claimed"),
    [
        (["1.jpg", "2.jpg", "a/1.jpg"], ["1.jpg", "2.jpg", "a/1.jpg"]),
        (["1.jpg", "1.jpg", "1.jpg"], ["1.jpg", "1_2.jpg", "1_3.jpg"]),
        (["1.jpg", "1.JPG", "1_2.JPG"], ["1.jpg", "1_2.JPG", "1_2_2.JPG"]),
        (["é.jpg", "e\u0301.jpg"], ["é.jpg", "e\u0301_2.jpg"]),
        (["x.jpg", "x.jpg/1.jpg"], ["x.jpg", "1.jpg"]),
        (["x.jpg/1.jpg", "x.jpg"], ["x.jpg/1.jpg", "x_2.jpg"]),
    ],
)
def test_no_two_pages_meet_on_any_disk(wanted, claimed):
    names, problems = claim_pages(Names(), wanted)
    assert names == claimed
    assert len(problems) == sum(a != b for a, b in zip(wanted, claimed, strict=True))


def test_thousands_of_pages_of_one_name_are_told_apart_in_no_time():
    names, _ = claim_pages(Names(), ["x.jpg"] * 5000)
    assert len(set(names)) == 5000


def test_a_message_shows_a_name_in_one_line_whatever_it_holds():
    assert printable("a\n\x1b[2J\u202eb.jpg") == "a\ufffd\ufffd[2J\ufffdb.jpg"
    assert len(printable("x" * 5000 + ".jpg")) < 120
