"""Make a data set of an invented manga: unpaired training pages, and true pairs to validate and test with.

Thirty characters, props and places have colors of their own; label maps (valL, testL, labels.json) tell what each
pixel of the validation and test pages shows, panel and text maps (valP, testP, valT, testT) how these pages are built.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.manga_world import LEVELS, label_table, render_page_and_structure
from util.errors import UserError, reported
from util.option_types import Parser, at_least

SETTINGS_FILE = "settings.json"
LABELS_FILE = "labels.json"
KINDS = "ABLPT"  # of pictures of a page: scan, coloring, label map, panel map, text map
WORLD = "manga_world"
WORLD_VERSIONS = dict.fromkeys(LEVELS, 1)


class Job(NamedTuple):
    """One page to draw, and the files of its pictures (None where not wanted): scan, coloring, label, panel and text
    map."""

    seed: int
    number: int
    width: int
    height: int
    level: str
    scan: Path | None
    coloring: Path | None
    labels: Path | None
    panels: Path | None
    text: Path | None

    @property
    def files(self) -> tuple[Path | None, ...]:
        """Those of the pictures of a page, in the order in which they are drawn."""
        return self.scan, self.coloring, self.labels, self.panels, self.text


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("datasets/demo"), help="the folder to make")
    parser.add_argument("--level", choices=list(WORLD_VERSIONS), default="hard",
                        help="how hard it is to tell who and what is drawn")
    parser.add_argument("--pages", type=at_least(0), default=160, help="training pages in each domain")
    parser.add_argument("--paired", action="store_true", help="the same pages in trainA and trainB, for pix2pix")
    parser.add_argument("--val", type=at_least(0), default=8, help="validation pairs")
    parser.add_argument("--test", type=at_least(0), default=8, help="test pairs")
    parser.add_argument("--width", type=at_least(64), default=256, help="page width in pixels")
    parser.add_argument("--height", type=at_least(64), default=368, help="page height in pixels")
    parser.add_argument("--seed", type=at_least(0), default=0, help="the world's seed")
    parser.add_argument("--workers", type=at_least(1), default=2, help="processes that draw")
    parser.add_argument("--force", action="store_true", help="replace a demo data set with other settings")
    return parser.parse_args(argv)


def page_settings(args: argparse.Namespace) -> dict[str, int | str]:
    """Everything the pictures depend on: two folders with equal settings hold equal pictures."""
    names = ("level", "pages", "paired", "val", "test", "width", "height", "seed")
    settings: dict[str, int | str] = {"world": WORLD, "version": WORLD_VERSIONS[args.level]}
    return settings | {name: getattr(args, name) for name in names}


def plan(settings: dict, root: Path) -> Iterator[Job]:
    """One job for each page.

    Page numbers run on through trainA, trainB, val and test, so no page lands in two places; only where pairs
    are wanted do trainA and trainB hold the same pages.
    """
    level, pages = settings["level"], settings["pages"]

    def job(index: int, *folders: str | None) -> Job:
        scan, coloring, labels, panels, text = (
            root / folder / f"page_{index:04d}.png" if folder else None for folder in folders
        )
        return Job(settings["seed"], index, settings["width"], settings["height"], level, scan, coloring, labels,
                   panels, text)

    for index in range(pages):
        yield job(index, "trainA", "trainB" if settings["paired"] else None, None, None, None)
    first = pages
    if not settings["paired"]:
        for index in range(pages, 2 * pages):
            yield job(index, None, "trainB", None, None, None)
        first += pages
    for split in ("val", "test"):
        for index in range(first, first + settings[split]):
            yield job(index, *(f"{split}{kind}" for kind in KINDS))
        first += settings[split]


def draw_job(job: Job) -> None:
    """Draw one page, and save what the plan wants of it."""
    pictures = render_page_and_structure(job.seed, job.number, job.width, job.height, job.level)
    for picture, path in zip(pictures, job.files, strict=True):
        if path:
            picture.save(path)


def write_dataset(out: Path, settings: dict, workers: int) -> int:
    """Draw everything beside ``out`` and move it there at the end, so ``out`` is never half-made.

    Gives the number of pages.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
        root = Path(temporary) / "data"
        for folder in ("trainA", "trainB", *(f"{split}{kind}" for split in ("val", "test") for kind in KINDS)):
            (root / folder).mkdir(parents=True)
        jobs = list(plan(settings, root))
        with tqdm(total=len(jobs), unit="page", disable=None) as bar:
            if workers == 1:
                for job in jobs:
                    draw_job(job)
                    bar.update()
            else:
                with Pool(workers) as pool:
                    for _ in pool.imap_unordered(draw_job, jobs, chunksize=4):
                        bar.update()
        entries = ",\n".join(json.dumps(entry) for entry in label_table())
        (root / LABELS_FILE).write_text(f"[{entries}]\n", encoding="utf-8")
        (root / SETTINGS_FILE).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        if out.exists():
            out.rename(Path(temporary) / "replaced")
        root.rename(out)
    return len(jobs)


def read_settings(out: Path) -> dict | None:
    """The settings in an existing data set, or None if ``out`` is not one of ours."""
    try:
        found = json.loads((out / SETTINGS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("world") == WORLD else None


def main(argv: list[str] | None = None) -> None:
    args = parse_arguments(argv)
    out, settings = args.out, page_settings(args)
    if out.exists():
        found = read_settings(out)
        if found == settings:
            print(f"{out} already holds this demo data set")
            return
        if found is None or not args.force:
            raise UserError(f"{out} {'has other settings (--force replaces it)' if found else 'is no demo data set'}")
    pages = write_dataset(out, settings, args.workers)
    print(f"wrote {pages} pages of {args.width}x{args.height} to {out}")


if __name__ == "__main__":
    with reported():
        main()
