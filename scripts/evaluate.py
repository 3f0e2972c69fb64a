"""Measure how good colorings are, and compare them: trained runs on the same drawings, or folders of results.

    python scripts/evaluate.py checkpoints/onepiece old=checkpoints/onepiece_old --dataroot datasets/onepiece \\
        --baseline old --html comparison/index.html
    python scripts/evaluate.py --truth datasets/demo/testB --baseline scan scan=datasets/demo/testA \\
        model=results/manga_color/test_latest/images

A run colors the drawings of --dataroot itself (valA), as its network alone sees them. True colorings (valB, or --truth)
and label maps (valL) are used if they are there. Prints a table with a row a run or folder. Names of images count
without suffix, below their folder. docs/quality.md says how to read the figures.
"""
import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.evaluation import tables
from scripts.evaluation.coloring import color_drawings
from scripts.evaluation.comparison import READINGS, compare
from scripts.evaluation.page import write_page
from scripts.evaluation.scoring import Measured, Ruler
from scripts.evaluation.sources import (
    Pictures,
    References,
    Source,
    check_names,
    find_references,
    parse_sources,
    pictures,
)
from util.errors import UserError, reported
from util.files import write_text
from util.metrics import SSIM_WINDOW, Inception, Unavailable
from util.option_types import Parser


def parse_arguments() -> argparse.Namespace:
    metrics = "\n".join(f"  {reading.title}: {reading.help}" for reading in READINGS.values())
    parser = Parser(
        description=f"{__doc__}\nMetrics, each the mean over the images or of all of them:\n{metrics}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("results", nargs="+", metavar="RUN|TITLE=RUN|TITLE=FOLDER", help="trained runs, or results, and their titles")
    add("--truth", type=Path, metavar="FOLDER", help="the true colorings; default: those of --dataroot, if any")
    add("--dataroot", type=Path, metavar="FOLDER", help="data set whose drawings runs color")
    add("--phase", default="val", help="of the data set")
    add("--colorings", type=Path, metavar="FOLDER", help="real colorings, of any drawings, to have colors like")
    add("--inception", type=Path, metavar="FILE", help="weights for FID and KID from --colorings; needs torch-fidelity")
    add("--epoch", default="latest", help="whose weights runs color with")
    add("--no_ema", action="store_true", help="runs color with the weights of their last step, not the averaged ones")
    add("--full_pages", action="store_true", help="runs color as test.py does, at full size and with the page's ink")
    add("--device", help="to color on: cpu, cuda, …; default: the best one there is")
    add("--out", type=Path, metavar="FOLDER", help="keep what runs colored there")
    add("--size", type=int, help="of the shorter side, to which both are scaled; default: the truth as the result is")
    add("--baseline", metavar="TITLE", help="also tell by how much the others differ from this one, image by image")
    add("--html", type=Path, metavar="FILE", help="write a page to look at there, with the pictures beside it")
    add("--json", type=Path, metavar="FILE", help="write the means and intervals there")
    add("--markdown", type=Path, metavar="FILE", help="write the tables there")
    add("--csv", type=Path, metavar="FILE", help="write each image's figures there")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    sources = parse_sources(args.results)
    _check(args, sources)
    references = find_references(args.truth, args.dataroot, args.phase)
    with tempfile.TemporaryDirectory(prefix="evaluate-") as temporary:
        results = {title: _results(source, title, references, args, temporary) for title, source in sources.items()}
        check_names(references, results)
        inception, notes = _inception(args)
        ruler = Ruler(references, args.size, args.colorings is not None, inception)
        measured, truths = ruler.measure(results)
        real = None if args.colorings is None else ruler.real(pictures(args.colorings))
        comparison = compare(measured, truths, real, ruler.metrics, args.baseline)
        scores = {title: of_title.scores for title, of_title in measured.items()}
        notes = [
            *tables.notes_on(references, results, measured), *tables.own_figures(comparison.own), *notes,
            tables.legend(args.size),
        ]  # fmt: skip
        text = tables.report(comparison, notes)
        print(text, end="")
        if args.markdown is not None:
            _write(args.markdown, text)
        if args.json is not None:
            _write(args.json, tables.as_json(_asked(args, references, sources, measured), comparison))
        if args.csv is not None:
            _write(args.csv, tables.comma_separated(scores, list(ruler.metrics)))
        if args.html is not None:
            write_page(args.html, comparison, scores, references, results, notes)


def _check(args: argparse.Namespace, sources: dict[str, Source]) -> None:
    """Raises UserError for what can't work, before anything is colored."""
    if args.baseline is not None and args.baseline not in sources:
        raise UserError(f"--baseline {args.baseline} is none of the titles: {', '.join(sources)}")
    if args.size is not None and args.size < SSIM_WINDOW:
        raise UserError(f"--size {args.size} is too small for SSIM: give {SSIM_WINDOW} or more")
    runs = [str(source.path) for source in sources.values() if source.is_run]
    if runs and args.dataroot is None:
        raise UserError(f"{runs[0]} is a run: give the drawings that it should color, --dataroot FOLDER with valA")
    if args.inception is not None and args.colorings is None:
        raise UserError("--inception is for distances from real colorings: give --colorings FOLDER too")
    if args.colorings is not None:
        pictures(args.colorings)


def _results(
    source: Source, title: str, references: References, args: argparse.Namespace, temporary: str
) -> Pictures:
    """The pictures of a source; a run colors them first."""
    if not source.is_run:
        return pictures(source.path)
    drawings = {name: path for name, path in references.scans.items() if name in references.names}
    if not drawings:
        raise UserError(
            f"no drawing has the name of a true coloring: there {next(iter(references.scans))}, among the colorings "
            f"{next(iter(references.truths))}, for example"
        )
    return color_drawings(
        source.path, title, drawings, args.out or Path(temporary), epoch=args.epoch, full_pages=args.full_pages,
        device=args.device, averaged=not args.no_ema,
    )  # fmt: skip


def _inception(args: argparse.Namespace) -> tuple[Inception | None, list[str]]:
    """What FID and KID look with, or why there are none."""
    if args.colorings is None:
        return None, []
    try:
        return Inception(args.inception), []
    except Unavailable as error:
        return None, [f"FID and KID are left out: {error}; --inception FILE names weights."]


def _asked(
    args: argparse.Namespace, references: References, sources: dict[str, Source], measured: dict[str, Measured]
) -> dict[str, Any]:
    """What was asked, for programs."""
    asked = {name: None if (path := getattr(args, name)) is None else str(path) for name in ("truth", "dataroot")}
    folders = {
        title: {"path": str(source.path), "images": len(measured[title].scores)} for title, source in sources.items()
    }
    return asked | {
        "truths": len(references.truths), "size": args.size, "baseline": args.baseline, "folders": folders,
    }  # fmt: skip


def _write(path: Path, content: str) -> None:
    """Whole or not at all. Raises UserError if it can't be written."""
    try:
        write_text(path, content)
    except OSError as error:
        raise UserError(f"can't write {path} ({error.strerror}): give another place") from error


if __name__ == "__main__":
    with reported():
        main()
