"""Time scripts/select_danbooru.py on made-up metadata against merely reading and parsing the same lines.

    python scripts/benchmark_select.py --posts 1000000

Writes lines like those of Danbooru2020 to a temporary folder, plain and gzipped, and removes them at the end. Each
figure is a median; what is compared takes turns, so that other work on the machine slows all alike.
"""
import argparse
import gzip
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from util.cores import usable_cores
from util.errors import UserError, reported
from util.line_chunks import CHUNK, Chunk, chunks, mapped
from util.option_types import Parser, positive

# General tags of the choice below, and how many posts of a hundred have them.
COMMON = {"solo": 60, "1girl": 70, "monochrome": 10, "greyscale": 8, "comic": 6, "speech_bubble": 5, "text_focus": 1}
CHOICE = ["--all_of", "solo", "--none_of", "monochrome", "greyscale", "comic", "speech_bubble", "text_focus"]
# Runs the script with the arguments after it; its last line: MiB that it and its largest worker took at most.
MEASURED = """
import resource, sys
sys.path.insert(0, sys.argv.pop(1))
from scripts import select_danbooru
select_danbooru.main()
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(*(peak / (2**20 if sys.platform == "darwin" else 2**10) for peak in peaks))
"""


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--posts", type=positive, default=1_000_000, help="a million takes 2 GB")
    add("--repeats", type=positive, default=3)
    add("--workers", type=positive, default=usable_cores(), help="default: as many as cores")
    add("--folder", type=Path, help="where to put the temporary folder; default: where the system does")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        plain, packed = Path(folder, "posts.json"), Path(folder, "posts.json.gz")
        write_posts(plain, args.posts)
        with plain.open("rb") as file, gzip.open(packed, "wb", compresslevel=6) as copy:
            shutil.copyfileobj(file, copy, CHUNK)
        print(f"{args.posts} posts, {plain.stat().st_size / args.posts:.0f} bytes each, {args.workers} workers")
        for path in (plain, packed):
            _compare(path, args.repeats, args.workers)


def _compare(path: Path, repeats: int, workers: int) -> None:
    """Print the seconds of the selection and of parsing alone, their ratios, and the memory of the selection."""
    peaks: list[list[float]] = []
    ways: dict[str, Callable[[], Any]] = {
        "parse, 1 process": lambda: parse(path),
        f"parse, {workers} workers": lambda: parse_in_processes(path, workers),
        "select": lambda: peaks.append(select(path, workers)),
    }
    times = [{name: _seconds(way) for name, way in ways.items()} for _ in range(repeats)]
    median = {name: statistics.median(turn[name] for turn in times) for name in ways}
    print(path.name)
    for name, seconds in median.items():
        print(f"  {name:<20} {seconds:7.2f} s   select takes {median['select'] / seconds:.2f} of it")
    own, worker = (max(peak) for peak in zip(*peaks, strict=True))
    print(f"  memory of select     {own:.0f} MiB, of a worker {worker:.0f} MiB")


def _seconds(way: Callable[[], Any]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def parse(path: Path) -> None:
    """Read all lines and parse them."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for line in file:
            orjson.loads(line)


def parse_in_processes(path: Path, workers: int) -> None:
    """The same, handed out as the selection does."""
    with closing(mapped(_parse_chunk, chunks([path]), workers)) as done:
        for _ in done:
            pass


def _parse_chunk(chunk: Chunk) -> None:
    for line in chunk.read().splitlines():
        orjson.loads(line)


def select(path: Path, workers: int) -> list[float]:
    """Run the whole command; MiB that it and its largest worker took at most. Raises UserError if it fails."""
    root = Path(__file__).resolve().parents[1]
    arguments = [str(path), "--out", str(path.with_name("list.txt")), "--workers", str(workers), *CHOICE]
    done = subprocess.run([sys.executable, "-c", MEASURED, str(root), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"the selection failed: {done.stderr}")
    return [float(peak) for peak in done.stdout.splitlines()[-1].split()]


def write_posts(path: Path, count: int, seed: int = 0) -> None:
    """Write made-up posts with the fields of Danbooru2020, numbers as texts as there."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("aeioubdghklmnrst", k=rng.randint(3, 9))) for _ in range(400)]
    names = ["_".join(rng.sample(words, rng.choice((1, 2, 2)))) for _ in range(4000)]
    with path.open("wb") as file:
        for number in range(1, count + 1):
            file.write(orjson.dumps(_post(rng, number, names)) + b"\n")


def _post(rng: random.Random, number: int, names: list[str]) -> dict[str, Any]:
    chosen = [name for name, percent in COMMON.items() if rng.random() * 100 < percent]
    chosen += [names[int(len(names) * rng.random() ** 3)] for _ in range(rng.randint(14, 24))]
    tags = [_tag(rng, name, "0") for name in dict.fromkeys(chosen)]
    tags += [_tag(rng, f"{rng.choice(names)}_({rng.choice(names)})", category) for category in "134"]
    tags += [_tag(rng, "highres", "5")] * (rng.random() < 0.5)
    time = f"20{number % 15 + 6:02d}-05-24 03:08:07.{number % 100_000:05d} UTC"
    return {
        "id": str(number), "created_at": time, "uploader_id": str(rng.randrange(700_000)), "score": "5",
        "source": f"https://i.pximg.net/img-original/img/2015/05/24/00/00/00/{rng.randrange(10**8)}_p0.jpg",
        "md5": f"{rng.getrandbits(128):032x}", "last_commented_at": "1970-01-01 00:00:00 UTC",
        "rating": rng.choices("sqe", (75, 17, 8))[0], "image_width": str(rng.randint(200, 3000)),
        "image_height": str(rng.randint(200, 3000)), "is_note_locked": False,
        "file_ext": rng.choices(("jpg", "png", "gif", "mp4", "zip"), (70, 26, 2, 1, 1))[0],
        "last_noted_at": "1970-01-01 00:00:00 UTC", "is_rating_locked": False, "parent_id": "0",
        "has_children": False, "approver_id": str(rng.randrange(700_000)),
        "file_size": str(rng.randrange(10**5, 10**7)), "is_status_locked": False, "up_score": "5",
        "down_score": "0", "is_pending": False, "is_flagged": False, "is_deleted": rng.random() < 0.06,
        "updated_at": time, "is_banned": False, "pixiv_id": str(rng.randrange(10**8)), "tags": tags, "pools": [],
        "favs": [str(rng.randrange(700_000)) for _ in range(rng.randint(0, 20))],
    }  # fmt: skip


def _tag(rng: random.Random, name: str, category: str) -> dict[str, str]:
    return {"id": str(rng.randrange(1_500_000)), "name": name, "category": category}


if __name__ == "__main__":
    with reported():
        main()
