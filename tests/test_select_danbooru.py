"""Posts chosen by their metadata: the right ones, in order, whatever the files are like, and a list that is whole."""
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from data.image_folder import EXTENSIONS
from scripts import select_danbooru
from util import line_chunks
from util.errors import reported

GENERAL, ARTIST, COPYRIGHT, CHARACTER, META = "0", "1", "3", "4", "5"
Run = Callable[..., list[str]]


def post(number: int, *names: str, **changes: Any) -> dict[str, Any]:
    """A post as the release has it, numbers as texts; `names` of general tags."""
    tags = [{"id": "1", "name": name, "category": GENERAL} for name in names]
    return {
        "id": str(number), "rating": "s", "image_width": "800", "image_height": "1000", "file_ext": "png",
        "is_deleted": False, "score": "3", "tags": tags, "pools": [], "favs": ["7"], **changes,
    }  # fmt: skip


def write(path: Path, *posts: dict[str, Any] | str) -> Path:
    """A file of metadata, gzipped if it is called so; a text is a line as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [line if isinstance(line, str) else json.dumps(line) for line in posts]
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the script in an empty folder, where the metadata are posts.json and the list list.txt unless said
    otherwise; gives the paths in the list."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, metadata: tuple[str, ...] = ("posts.json",), out: str = "list.txt") -> list[str]:
        workers = [] if "--workers" in arguments else ["--workers", "1"]
        monkeypatch.setattr(sys, "argv", ["select_danbooru.py", *metadata, "--out", out, *workers, *arguments])
        with reported():
            select_danbooru.main()
        return [line for line in Path(out).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]

    return call


def numbers(paths: list[str]) -> list[int]:
    return [int(Path(path).stem) for path in paths]


def refused(run: Run, capsys: pytest.CaptureFixture[str], *arguments: str, **places: Any) -> str:
    """The one line that the script ends with, warnings aside, having left no file behind."""
    before = sorted(Path().rglob("*"))
    with pytest.raises(SystemExit) as stop:
        run(*arguments, **places)
    assert stop.value.code == 2
    assert sorted(Path().rglob("*")) == before
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("warning: ")]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0]


CHARACTERS = [
    post(1, "solo", "smile", tags=[{"id": "9", "name": "saitama", "category": CHARACTER}]),
    post(2, tags=[{"id": 9, "name": "saitama", "category": int(ARTIST)}, {"id": 8, "name": "solo", "category": 0}]),
    post(3, "solo", ":d"),
    post(4, "comic", "smile"),
]


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        ([], [1, 2, 3, 4]),
        (["--all_of", "solo"], [2, 3]),
        (["--all_of", "solo", ":d"], [3]),
        (["--none_of", "comic", "--none_of=:d"], [1, 2]),
        (["--any_of", "saitama", "comic"], [1, 2, 4]),
        (["--none_of", "comic", ":d"], [1, 2]),
        (["--all_of", "saitama"], [1, 2]),
        (["--all_of", "character:saitama"], [1]),
        (["--any_of", "artist:saitama", "general:comic"], [2, 4]),
        (["--none_of", "Character:Saitama "], [2, 3, 4]),
        (["--none_of", "character:saitama", "saitama"], [3, 4]),
    ],
)
def test_tags(run: Run, arguments: list[str], chosen: list[int]) -> None:
    write(Path("posts.json"), *CHARACTERS)
    assert numbers(run(*arguments)) == chosen


def test_tags_with_spaces_are_those_with_underscores(run: Run) -> None:
    write(Path("posts.json"), post(1, "long_hair"), post(2, "hair"))
    assert numbers(run("--all_of", "Long hair")) == [1]


@pytest.mark.parametrize(
    ("arguments", "chosen"), [(["--all_of", "solo"], [1, 2]), (["--all_of", "character:saitama"], [2])]
)
def test_tags_of_later_exports_are_texts(run: Run, arguments: list[str], chosen: list[int]) -> None:
    later = [post(1, tag_string="solo saitama"), post(2, tag_string_general="solo", tag_string_character="saitama")]
    for one in later:
        del one["tags"]
    write(Path("posts.json"), *later)
    assert numbers(run(*arguments)) == chosen


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        ({"is_deleted": True}, ["--keep_deleted"]),
        ({"is_deleted": "true"}, ["--keep_deleted"]),
        ({"is_deleted": "1"}, ["--keep_deleted"]),
        ({"rating": "q"}, ["--ratings", "q", "e"]),
        ({"rating": "explicit"}, ["--ratings", "q", "e"]),
        ({"file_ext": "tif"}, ["--extensions", "tif"]),
        ({"image_width": "255", "image_height": "300"}, ["--min_size", "255"]),
        ({"image_width": 300, "image_height": 255}, ["--min_size", "255"]),
        ({"image_width": None, "image_height": None}, ["--min_size", "0"]),
        ({"image_width": "2001"}, ["--max_aspect", "2.1"]),
        ({"image_height": 100_000}, ["--max_aspect", "inf"]),
    ],
)
def test_posts_that_fall_out_unless_asked_for(run: Run, changes: dict[str, Any], arguments: list[str]) -> None:
    write(Path("posts.json"), post(1), post(2, **changes))
    assert numbers(run()) == [1]
    assert 2 in numbers(run(*arguments))


@pytest.mark.parametrize("extension", ["mp4", "zip", "swf", None])
def test_what_is_no_image_always_falls_out(run: Run, extension: str | None) -> None:
    write(Path("posts.json"), post(1), post(2, file_ext=extension))
    assert numbers(run("--extensions", *select_danbooru.READABLE, "--extensions", "png", "jpg")) == [1]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 2, "image_width": 256, "image_height": 512},
        {"is_deleted": None},
        {"is_deleted": "false"},
        {"is_deleted": "0"},
        {"rating": "g"},
        {"file_ext": "JPG"},
    ],
)
def test_posts_that_stay(run: Run, changes: dict[str, Any]) -> None:
    write(Path("posts.json"), post(1), post(2, **changes))
    assert numbers(run()) == [1, 2]


def test_the_file_types_are_those_that_the_toolkit_reads() -> None:
    assert {f".{extension}" for extension in select_danbooru.READABLE} == set(EXTENSIONS)


@pytest.mark.parametrize(
    ("layout", "paths"),
    [("512px", ["512px/0456/123456.jpg", "512px/0007/7.jpg"]),
     ("original", ["original/0456/123456.png", "original/0007/7.gif"])],
)  # fmt: skip
def test_paths_below_the_list_are_relative_to_it(run: Run, layout: str, paths: list[str]) -> None:
    write(Path("posts.json"), post(123456), post(7, file_ext="gif"))
    assert run("--layout", layout) == paths
    assert run("--layout", layout, "--root", "dan booru", out="lists/../list.txt") == [f"dan booru/{p}" for p in paths]


def test_paths_elsewhere_are_absolute(run: Run, tmp_path: Path) -> None:
    write(Path("posts.json"), post(1))
    assert run("--root", "images", out="lists/list.txt") == [f"{tmp_path}/images/512px/0001/1.jpg"]
    assert run("--root", ".", out="512px/list.txt") == [f"{tmp_path}/512px/0001/1.jpg"]


def test_a_path_never_looks_like_a_comment(run: Run) -> None:
    write(Path("posts.json"), post(1))
    assert run("--root", "#1") == ["./#1/512px/0001/1.jpg"]


def test_the_list_begins_with_the_command(run: Run) -> None:
    write(Path("posts.json"), post(1, "solo", "ü"))
    run("--all_of", "solo", "ü", "--none_of", "two\nlines")
    lines = Path("list.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# python select_danbooru.py posts.json --out list.txt")
    assert "--all_of solo 'ü'" in lines[0]
    assert lines[1:] == ["512px/0001/1.jpg"]


def test_only_images_that_exist(run: Run) -> None:
    write(Path("posts.json"), post(1), post(2))
    write(Path("here/512px/0002/2.jpg"))
    assert run("--root", "here") == ["here/512px/0001/1.jpg", "here/512px/0002/2.jpg"]
    assert run("--root", "here", "--existing") == ["here/512px/0002/2.jpg"]


def test_a_missing_image_folder_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("posts.json"), post(1))
    run()
    assert f"warning: no folder {Path('512px').absolute()}" in capsys.readouterr().err
    Path("512px").mkdir()
    run()
    assert not capsys.readouterr().err


def test_files_and_folders_in_order_each_post_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("metadata/posts10.json"), post(5))
    write(Path("metadata/posts2.json.gz"), post(9), post(3))
    write(Path("metadata/2017/posts"), post(8))
    write(Path("metadata/list.txt"), post(77))
    write(Path("first.json"), post(6), post(3))
    assert numbers(run(metadata=("first.json", "metadata"))) == [6, 3, 8, 9, 5]
    assert "1  listed before" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["posts.json", "posts.json.gz"])
@pytest.mark.parametrize("workers", ["1", "3"])
def test_order_with_several_workers_and_chunks(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, workers: str
) -> None:
    ids = [i * 7919 % 10_007 + 1 for i in range(400)]
    write(Path(name), *(post(i, "solo" if i % 2 else "comic") for i in ids))
    monkeypatch.setattr(line_chunks, "CHUNK", 1000)
    chosen = numbers(run("--all_of", "solo", "--workers", workers, metadata=(name,)))
    assert chosen == [i for i in ids if i % 2]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n\n", "\n \n"])
@pytest.mark.parametrize("packed", [False, True])
def test_chunks_may_end_anywhere(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], newline: str, packed: bool
) -> None:
    lines = [json.dumps(post(i)) for i in range(1, 5)]
    text = newline.join(lines).encode()  # and no newline at the end
    Path("posts.json").write_bytes(gzip.compress(text[:500]) + gzip.compress(text[500:]) if packed else text)
    for size in (1, 2, 57, len(lines[0]) - 1, len(lines[0]), len(lines[0]) + 1, len(text)):
        monkeypatch.setattr(line_chunks, "CHUNK", size)
        assert numbers(run()) == [1, 2, 3, 4]
        assert capsys.readouterr().out == "4 posts read, 4 in list.txt\n"  # each once, blank lines aside


@pytest.mark.parametrize("workers", ["1", "2"])
def test_each_post_counts_at_the_first_reason(run: Run, capsys: pytest.CaptureFixture[str], workers: str) -> None:
    fallen = [
        {"is_deleted": True, "rating": "e"}, {"rating": "e", "file_ext": "mp4"}, {"rating": "q"},
        {"file_ext": "mp4", "image_width": "1"}, {"image_width": "100", "image_height": "1000"},
        {"image_width": "9000", "tags": []}, {"tags": []},
    ]  # fmt: skip
    write(
        Path("posts.json"),
        *(post(10 + i, **changes) for i, changes in enumerate(fallen)),
        post(1, "solo"), post(2, "solo", "smile", "comic"), post(3, "solo", "smile"), "{", post(3, "solo", "smile"),
    )  # fmt: skip
    run("--all_of", "solo", "--any_of", "smile", "--none_of", "comic", "--workers", workers)
    head, *table = capsys.readouterr().out.splitlines()
    assert head == "12 posts read, 1 in list.txt"
    counts = {reason.strip(): int(count) for count, reason in (line.split(maxsplit=1) for line in table)}
    assert counts == {
        "deleted": 1, "rating": 2, "file type": 1, "too small": 1, "too long or too wide": 1,
        "lacks a tag of --all_of": 1, "has no tag of --any_of": 1, "has a tag of --none_of": 1,
        "unreadable line": 1, "listed before": 1,
    }  # fmt: skip


DAMAGED = [
    "", "{", "\x00\x01", "[]", "3", "null", '"id"', '{"id": "1"}', json.dumps(post(1))[:-20],
    *(json.dumps(post(1, **changes)) for changes in (
        {"id": None}, {"id": "x"}, {"id": 0}, {"id": -5}, {"id": 10**30}, {"image_width": "wide"}, {"rating": 3},
        {"file_ext": ["png"]}, {"tags": 3}, {"tags": ["solo"]}, {"tags": [{"name": ["solo"]}]}, {"tags": [{}]},
    )),
]  # fmt: skip


@pytest.mark.parametrize("line", DAMAGED[1:])
def test_damaged_lines_are_counted(run: Run, capsys: pytest.CaptureFixture[str], line: str) -> None:
    write(Path("posts.json"), post(5, "solo"), line, post(6, "solo"))
    assert numbers(run("--all_of", "solo")) == [5, 6]
    assert "3 posts read, 2 in list.txt\n           1  unreadable line\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["posts.json", "posts.json.gz"])
def test_an_endless_line_does_not_pile_up(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(line_chunks, "CHUNK", 1000)
    monkeypatch.setattr(line_chunks, "LONGEST", 5000)
    write(Path(name), post(1), "x" * 100_000, post(2))
    longest = max(len(chunk.read()) for chunk in line_chunks.chunks([Path(name)]))
    assert longest <= 5000 + 2 * 1000
    assert numbers(run(metadata=(name,))) == [1, 2]


@pytest.mark.parametrize("lines", [[], ["{", "x"], DAMAGED[:-4]])  # the last are posts but for their tags
def test_files_without_any_post_are_refused(run: Run, capsys: pytest.CaptureFixture[str], lines: list[str]) -> None:
    write(Path("posts.json"), *lines)
    assert f"no post in {len(list(filter(None, lines)))} lines" in refused(run, capsys)


def test_a_choice_of_nothing_says_why(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("posts.json"), post(1), post(2), post(3, rating="e"))
    write(Path("list.txt"), "kept")
    line = refused(run, capsys, "--all_of", "solo")
    assert "none of 3 posts" in line
    assert "2 lacks a tag of --all_of, 1 rating" in line
    assert Path("list.txt").read_text() == "kept\n"


def test_a_tag_that_no_post_has_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    # Also one that only posts have which fall out for other reasons is known.
    write(Path("posts.json"), post(1, "solo"), post(2, "greyscale", rating="e"), *CHARACTERS)
    Path("512px").mkdir()
    run("--any_of", "solo", "--none_of", "greyscale", "greyscael", "artist:saitama", "character:solo")
    warnings = capsys.readouterr().err.splitlines()
    assert [warning.partition(":")[2].split(": ")[0] for warning in warnings] == [
        " no post has the tag character:solo", " no post has the tag greyscael"
    ]  # fmt: skip


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize(("limit", "read"), [(10, 10), (12, 15)])
def test_limit(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit: int, read: int, workers: str
) -> None:
    posts = [post(i, "solo") for i in range(100, 600)]
    write(Path("posts.json"), *posts)
    monkeypatch.setattr(line_chunks, "CHUNK", 5 * len(json.dumps(posts[0]) + "\n"))
    arguments = ["--none_of", "rare", "--workers", workers]
    assert numbers(run("--limit", str(limit), *arguments)) == list(range(100, 100 + limit))
    told = capsys.readouterr()
    assert told.out.startswith(f"{read} posts read, {limit} in list.txt\n")
    assert told.out.endswith("beyond --limit\n") == (read > limit)
    assert "rare" not in told.err  # a later post might have it
    assert len(run("--limit", "501", *arguments)) == 500


def cut(path: Path, content: bytes) -> None:
    path.write_bytes(content[: len(content) // 2])


def flip(path: Path, content: bytes) -> None:
    path.write_bytes(content[:-8] + bytes(b ^ 1 for b in content[-8:]))


@pytest.mark.parametrize("damage", [cut, flip])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_damaged_gzip_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], damage: Callable[[Path, bytes], None], workers: str
) -> None:
    packed = write(Path("posts.json.gz"), *(post(i) for i in range(1, 2000)))
    damage(packed, packed.read_bytes())
    assert "can't unpack posts.json.gz" in refused(
        run, capsys, "--workers", workers, metadata=("posts.json.gz",)
    )


def test_other_packed_files_are_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("posts.tar.xz").write_bytes(b"\xfd7zXZ\x00rest")
    assert "posts.tar.xz is packed" in refused(run, capsys, metadata=("posts.tar.xz",))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"metadata": ("nowhere.json",)}, "no file or folder nowhere.json"),
        ({"metadata": ("posts.json", "empty")}, "no metadata in empty"),
        ({"out": "empty"}, "--out empty is a folder"),
        ({"out": "posts.json"}, "--out posts.json is a folder or metadata"),
        ({"out": "empty/../posts.json"}, "is a folder or metadata"),
        ({"out": "posts.json/list.txt"}, "can't write posts.json/list.txt"),
        ({"out": "/proc/list.txt"}, "can't write /proc/list.txt"),
    ],
)
def test_mistaken_places(
    run: Run, capsys: pytest.CaptureFixture[str], places: dict[str, Any], message: str
) -> None:
    write(Path("posts.json"), post(1))
    Path("empty").mkdir()
    assert message in refused(run, capsys, **places)


def test_a_folder_name_that_a_list_can_not_hold(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("posts.json"), post(1))
    assert "rename the folder" in refused(run, capsys, "--root", "two\nlines")


def test_a_disk_that_fills_up_keeps_the_list_before(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("posts.json"), post(1))
    write(Path("list.txt"), "kept")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(select_danbooru.Listing, "add", fail)
    assert "can't write list.txt (No space left on device)" in refused(run, capsys)
    assert Path("list.txt").read_text() == "kept\n"


@pytest.mark.parametrize("value", ["0.5", "nan", "x"])
def test_an_aspect_that_is_none(run: Run, capsys: pytest.CaptureFixture[str], value: str) -> None:
    with pytest.raises(SystemExit):
        run("--max_aspect", value)
    assert "--max_aspect" in capsys.readouterr().err


@pytest.mark.parametrize(("way", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_interrupted_it_leaves_no_process_and_no_list(tmp_path: Path, way: signal.Signals, status: int) -> None:
    pipe = tmp_path / "posts.json"
    os.mkfifo(pipe)
    command = [sys.executable, select_danbooru.__file__, pipe, "--out", tmp_path / "list.txt", "--workers", "2"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # Tests that run in the background of a shell ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    busy = threading.Event()

    def feed() -> None:
        block = (json.dumps(post(1, "solo" * 1000)) + "\n").encode() * 1000
        with suppress(BrokenPipeError), pipe.open("wb") as metadata:
            for written in count():
                metadata.write(block)
                if written == 10:  # more than is read before the workers start
                    busy.set()

    threading.Thread(target=feed, daemon=True).start()
    assert busy.wait(20)
    # Ctrl-C reaches all processes of a terminal, kill one.
    (os.killpg if way == signal.SIGINT else os.kill)(process.pid, way)
    _, told = process.communicate(timeout=20)  # ends once no process has its end of stderr any more
    assert process.returncode == status
    if way == signal.SIGINT:
        assert told.splitlines()[-1] == "interrupted"
        assert "Traceback" not in told
        assert list(tmp_path.iterdir()) == [pipe]
