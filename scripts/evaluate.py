"""Measure how far results are from the true colorings of the same names, and compare folders of them.

    python scripts/evaluate.py --truth datasets/demo/testB --baseline scan scan=datasets/demo/testA \\
        model=results/demo_color/test_latest/images

Prints a table with a row a folder. Names count without suffix, below the folder.
"""
import argparse
import csv
import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import list_images, read_image, result_names
from util.errors import UserError, reported
from util.files import write_text
from util.metrics import METRICS, SSIM_WINDOW, Mean, Metric, mean_with_interval, measure
from util.option_types import Parser

ARROWS = {"lower": "↓", "higher": "↑", "one": "→ 1"}
FAULTS_NAMED = 5  # of images that can't be measured, in the one line that says so

Scores = dict[str, dict[str, float]]  # of one folder: picture → metric → figure
Row = dict[str, Mean]  # metric → its mean over the pictures of a folder


def parse_arguments() -> argparse.Namespace:
    metrics = "\n".join(f"  {metric.title}: {metric.help}" for metric in METRICS.values())
    parser = Parser(
        description=f"{__doc__}\nMetrics, each the mean over the images:\n{metrics}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("results", nargs="+", metavar="TITLE=FOLDER", help="results and what to call them")
    add("--truth", type=Path, required=True, metavar="FOLDER", help="the true colorings")
    add("--size", type=int, help="of the shorter side, to which both are scaled; default: the truth as the result is")
    add("--baseline", metavar="TITLE", help="also tell by how much the others differ from this one, image by image")
    add("--json", type=Path, metavar="FILE", help="write the means and intervals there")
    add("--markdown", type=Path, metavar="FILE", help="write the tables there")
    add("--csv", type=Path, metavar="FILE", help="write each image's figures there")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    folders = _folders(args.results)
    if args.baseline is not None and args.baseline not in folders:
        raise UserError(f"--baseline {args.baseline} is none of the titles: {', '.join(folders)}")
    if args.size is not None and args.size < SSIM_WINDOW:
        raise UserError(f"--size {args.size} is too small for SSIM: give {SSIM_WINDOW} or more")
    truths = _pictures(args.truth)
    results = {title: _pictures(folder) for title, folder in folders.items()}
    _check_names(truths, results)
    scores = _score(truths, results, args.size)
    rows = {title: _means(of_title) for title, of_title in scores.items()}
    differences = _differences(scores, args.baseline)
    notes = [*_notes(truths, results, scores), _legend(args.size)]
    text = _report(rows, differences, args.baseline, notes)
    print(text, end="")
    asked = {"truth": str(args.truth), "truths": len(truths), "size": args.size, "baseline": args.baseline}
    asked["folders"] = {title: {"path": str(folders[title]), "images": len(scores[title])} for title in folders}
    if args.markdown is not None:
        _write(args.markdown, text)
    if args.json is not None:
        _write(args.json, _json(asked, rows, differences))
    if args.csv is not None:
        _write(args.csv, _comma_separated(scores))


def _folders(arguments: list[str]) -> dict[str, Path]:
    """TITLE=FOLDER, each, as title → folder. Raises UserError for anything else and for a title given twice."""
    folders: dict[str, Path] = {}
    for argument in arguments:
        title, _, folder = argument.partition("=")
        if not title or not folder:
            raise UserError(f"{argument} should be TITLE=FOLDER")
        if title in folders:
            raise UserError(f"two folders are called {title}: give each a title of its own")
        folders[title] = Path(folder)
    return folders


def _pictures(folder: Path) -> dict[str, Path]:
    """Name → path of all images below `folder`. Raises UserError if there is none."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: check what --truth and TITLE=FOLDER name")
    paths = list_images(folder)
    return dict(zip(result_names(paths, folder), paths, strict=True))


def _check_names(truths: dict[str, Path], results: dict[str, dict[str, Path]]) -> None:
    """Raises UserError for a folder that has nothing to compare."""
    for title, paths in results.items():
        if truths.keys().isdisjoint(paths):
            raise UserError(
                f"{title} has no picture of the same name as a truth: there {next(iter(paths))}, "
                f"among the truths {next(iter(truths))}, for example"
            )


def _score(truths: dict[str, Path], results: dict[str, dict[str, Path]], size: int | None) -> dict[str, Scores]:
    """All figures of every result that has a truth, by title. Raises UserError, naming all images that can't be
    measured: figures without them would look like those of the whole folder."""
    scores: dict[str, Scores] = {title: {} for title in results}
    faults: dict[str, None] = {}  # in order, an unreadable truth once
    for name, truth in truths.items():
        for title, paths in results.items():
            if name in paths:
                try:
                    scores[title][name] = _compare(paths[name], truth, size)
                except UserError as error:
                    faults[str(error)] = None
    if faults:
        rest = f"; and {len(faults) - FAULTS_NAMED} more" if len(faults) > FAULTS_NAMED else ""
        raise UserError("; ".join(list(faults)[:FAULTS_NAMED]) + rest)
    return scores


def _compare(result_path: Path, truth_path: Path, size: int | None) -> dict[str, float]:
    """All figures of one result. Raises UserError, naming the file, if it can't be measured."""
    result, truth = read_image(result_path), read_image(truth_path)
    target = result.size if size is None else _with_shorter_side(truth.size, size)
    try:
        return measure(_scaled(result, target), _scaled(truth, target))
    except UserError as error:
        raise UserError(f"{result_path}: {error}") from error


def _with_shorter_side(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height in the same proportions, the shorter of them `side`."""
    factor = side / min(size)
    return round(size[0] * factor), round(size[1] * factor)


def _scaled(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Pillow image as HWC uint8, scaled as training scales: Pillow's bicubic averages over all that it shrinks."""
    return np.asarray(image if image.size == size else image.resize(size, Image.Resampling.BICUBIC))


def _means(scores: Scores) -> Row:
    """Each metric's mean over the pictures, all nan where there are none."""
    return {name: mean_with_interval(np.array([figures[name] for figures in scores.values()])) for name in METRICS}


def _differences(scores: dict[str, Scores], baseline: str | None) -> dict[str, Row]:
    """For every title but the baseline: its figures minus the baseline's, on the images that both have."""
    if baseline is None:
        return {}
    base = scores[baseline]
    return {title: _means(_minus(of_title, base)) for title, of_title in scores.items() if title != baseline}


def _minus(scores: Scores, base: Scores) -> Scores:
    """Differences of all figures, of the pictures that both have."""
    shared = [name for name in scores if name in base]
    return {name: {metric: scores[name][metric] - base[name][metric] for metric in METRICS} for name in shared}


def _report(rows: dict[str, Row], differences: dict[str, Row], baseline: str | None, notes: list[str]) -> str:
    """The tables in Markdown, then the notes, a paragraph each."""
    parts = [_table("coloring", rows, "")]
    if differences:
        parts.append(_table(f"minus {baseline}", differences, "+"))
    return "\n\n".join(parts + notes) + "\n"


def _legend(size: int | None) -> str:
    scale = "at the size of the results" if size is None else f"scaled to a shorter side of {size} pixels"
    return f"Means over images {scale}; in brackets their 95 % confidence intervals (bootstrap over images)."


def _table(heading: str, rows: dict[str, Row], sign: str) -> str:
    heads = [heading, "images", *(f"{m.title}{m.unit and f' ({m.unit})'} {ARROWS[m.better]}" for m in METRICS.values())]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for title, row in rows.items():
        images = max(mean.count for mean in row.values())
        lines.append([title, str(images), *(_cell(row[name], metric, sign) for name, metric in METRICS.items())])
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _cell(mean: Mean, metric: Metric, sign: str) -> str:
    """A mean and its interval as text; a dash for none."""
    texts = [f"{value:{sign}.{metric.digits}f}" for value in (mean.mean, mean.low, mean.high)]
    if mean.count == 0:
        return "–"
    return texts[0] if math.isnan(mean.low) else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _notes(truths: dict[str, Path], results: dict[str, dict[str, Path]], scores: dict[str, Scores]) -> list[str]:
    """What the figures leave out, a line each."""
    notes = []
    for title, paths in results.items():
        missing, lonely = len(truths.keys() - paths.keys()), len(paths.keys() - truths.keys())
        if missing:
            notes.append(f"{title}: {missing} of {len(truths)} truths have no result and are left out.")
        if lonely:
            notes.append(f"{title}: {lonely} of {len(paths)} results have no truth and are left out.")
    if len({tuple(of_title) for of_title in scores.values()}) > 1:
        notes.append("The rows are means over different images: only --baseline compares them on the same ones.")
    for reason, metrics in _skipping().items():
        skipped = {
            picture
            for of_title in scores.values()
            for picture, figures in of_title.items()
            if any(math.isnan(figures[name]) for name in metrics)
        }
        if skipped:
            titles = ", ".join(METRICS[name].title for name in metrics)
            notes.append(f"{titles}: without {len(skipped)} {reason}.")
    return notes


def _skipping() -> dict[str, list[str]]:
    """Which images metrics skip → the names of those that do."""
    groups: dict[str, list[str]] = {}
    for name, metric in METRICS.items():
        groups.setdefault(metric.skips, []).append(name)
    return groups


def _json(asked: dict[str, Any], rows: dict[str, Row], differences: dict[str, Row]) -> str:
    """What was asked, how to read the metrics, the means, the differences; null for nan."""
    metrics = {name: {"title": m.title, "unit": m.unit, "better": m.better} for name, m in METRICS.items()}
    report = asked | {"metrics": metrics, "means": _without_nan(rows), "differences": _without_nan(differences)}
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _without_nan(rows: dict[str, Row]) -> dict[str, Any]:
    """Rows as plain dictionaries."""
    return {
        title: {name: {key: _number(value) for key, value in vars(mean).items()} for name, mean in row.items()}
        for title, row in rows.items()
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _comma_separated(scores: dict[str, Scores]) -> str:
    """A line for each image of each title; an empty cell for nan."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["title", "image", *METRICS])
    for title, of_title in scores.items():
        for name, figures in of_title.items():
            writer.writerow([title, name, *(_number(figures[metric]) for metric in METRICS)])
    return text.getvalue()


def _write(path: Path, content: str) -> None:
    """Whole or not at all. Raises UserError if it can't be written."""
    try:
        write_text(path, content)
    except OSError as error:
        raise UserError(f"can't write {path} ({error.strerror}): give another place") from error


if __name__ == "__main__":
    with reported():
        main()
