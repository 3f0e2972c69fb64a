"""What was done is known after an interruption, and only under the same settings."""
from pathlib import Path

from util.journal import Journal


def test_entries_of_all_writers_are_known(tmp_path: Path) -> None:
    for writer in ("process0", "process1"):
        journal = Journal(tmp_path / "progress", {"size": 1}, writer)
        journal.begin()
        journal.append({"page": writer})
    known = Journal(tmp_path / "progress", {"size": 1}, "process0").entries()
    assert known == [{"page": "process0"}, {"page": "process1"}]


def test_other_settings_begin_anew(tmp_path: Path) -> None:
    old = Journal(tmp_path, {"size": 1}, "process0")
    old.begin()
    old.append({"page": "1"})
    new = Journal(tmp_path, {"size": 2}, "process0")
    assert new.entries() == []
    new.begin()
    new.append({"page": "2"})
    assert new.entries() == [{"page": "2"}]


def test_the_half_line_of_a_killed_process_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {}, "process0")
    journal.begin()
    journal.append({"page": "1"})
    with journal.path.open("a") as file:
        file.write('{"page": "2", "outc')
    assert journal.entries() == [{"page": "1"}]
    journal.begin()
    journal.append({"page": "3"})
    assert journal.entries() == [{"page": "1"}, {"page": "3"}]


def test_nothing_is_left_when_all_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "progress", {}, "process0")
    journal.begin()
    journal.append({"page": "1"})
    journal.remove()
    assert not (tmp_path / "progress").exists()
    journal.remove()


def test_lines_that_are_no_entries_end_a_file(tmp_path: Path) -> None:
    for line in ("5", "null", "[1]", '"text"', "[" * 100_000, "\0"):
        journal = Journal(tmp_path, {"line": line}, "process0")
        journal.begin()
        journal.append({"page": "1"})
        with journal.path.open("a") as file:
            file.write(f"{line}\n")
        assert journal.entries() == [{"page": "1"}]
        journal.begin()
        journal.append({"page": "2"})
        assert journal.entries() == [{"page": "1"}, {"page": "2"}]
