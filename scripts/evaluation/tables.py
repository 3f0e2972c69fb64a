"""The comparison as Markdown, CSV and JSON."""
import csv
import io
import json
import math
from typing import Any

from scripts.evaluation.comparison import READINGS, Comparison, Row
from scripts.evaluation.scoring import Measured, Scores
from scripts.evaluation.sources import Pictures, References
from util.metrics import METRICS, Mean, Reading

ARROWS = {"lower": "↓", "higher": "↑", "one": "→ 1", "": ""}
NO_TRUTHS = "There are no true colorings: what is measured does not tell whether colors are right."


def report(comparison: Comparison, notes: list[str]) -> str:
    """The tables in Markdown, then what they say in words, then the notes, a paragraph each."""
    parts = [_table("coloring", comparison.rows, "")]
    if comparison.differences:
        parts.append(_table(f"minus {comparison.baseline}", comparison.differences, "+"))
    return "\n\n".join(parts + comparison.statements() + notes) + "\n"


def legend(size: int | None) -> str:
    scale = "at the size of the results" if size is None else f"scaled to a shorter side of {size} pixels"
    return (
        f"Means over images {scale}; in brackets their 95 % confidence intervals (bootstrap over images; jackknife for "
        "figures of all images together)."
    )


def head(name: str) -> str:
    """The title of a metric, its unit, and which way is better."""
    reading = READINGS[name]
    return f"{reading.title}{reading.unit and f' ({reading.unit})'} {ARROWS[reading.better]}".rstrip()


def _table(heading: str, rows: dict[str, Row], sign: str) -> str:
    names = list(next(iter(rows.values())))
    lines = [[heading, "images", *map(head, names)], ["---"] + ["---:"] * (len(names) + 1)]
    for title, row in rows.items():
        images = max(mean.count for mean in row.values())
        lines.append([title, str(images), *(_cell(row[name], READINGS[name], sign) for name in names)])
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _cell(mean: Mean, reading: Reading, sign: str) -> str:
    value, interval = texts(mean, reading, sign)
    return f"{value} {interval}".rstrip()


def texts(mean: Mean, reading: Reading, sign: str = "") -> tuple[str, str]:
    """A mean and its interval; a dash for none, and an empty text for no interval."""
    if mean.count == 0 or math.isnan(mean.mean):
        return "–", ""
    # Adding 0 makes the -0 to which small numbers are rounded 0.
    value, low, high = (
        f"{round(value, reading.digits) + 0.0:{sign}.{reading.digits}f}" for value in (mean.mean, mean.low, mean.high)
    )
    return value, "" if math.isnan(mean.low) else f"[{low}, {high}]"


def notes_on(references: References, results: dict[str, Pictures], measured: dict[str, Measured]) -> list[str]:
    """What the figures leave out, or what spoils the comparison, a line each."""
    scores = {title: of_title.scores for title, of_title in measured.items()}
    notes = [] if references.truths else [NO_TRUTHS]
    names, kind = references.names, references.kind
    for title, paths in results.items():
        missing, lonely = len(names.keys() - paths.keys()), len(paths.keys() - names.keys())
        if missing:
            notes.append(f"{title}: {missing} of {len(names)} {kind} have no result and are left out.")
        if lonely:
            notes.append(f"{title}: {lonely} of {len(paths)} results have no {kind[:-1]} and are left out.")
    if len({tuple(of_title) for of_title in scores.values()}) > 1:
        notes.append("The rows are means over different images: only --baseline compares them on the same ones.")
    shared = set.intersection(*(set(of_title) for of_title in scores.values()))
    if any(len({of_title.sizes[name] for of_title in measured.values()}) > 1 for name in shared):
        notes.append("The rows are of images of different sizes: give --size to compare them at one.")
    return notes + _skipped(scores)


def _skipped(scores: dict[str, Scores]) -> list[str]:
    """What metrics leave out images, and how many; by title where that differs."""
    groups: dict[str, list[str]] = {}
    for name in next(iter(next(iter(scores.values())).values())):
        groups.setdefault(METRICS[name].skips, []).append(name)
    notes = []
    for reason, metrics in groups.items():
        titles = ", ".join(METRICS[name].title for name in metrics)
        skipped = {title: _without(of_title, metrics) for title, of_title in scores.items()}
        if len({frozenset(pictures) for pictures in skipped.values()}) == 1:
            skipped = {"": next(iter(skipped.values()))}
        for title, pictures in skipped.items():
            if pictures:
                notes.append(f"{title and f'{title}: '}{titles}: without {len(pictures)} {reason}.")
    return notes


def _without(scores: Scores, metrics: list[str]) -> set[str]:
    """The pictures that one of the metrics gives nothing for."""
    return {name for name, figures in scores.items() if any(math.isnan(figures[metric]) for metric in metrics)}


def own_figures(own: Row) -> list[str]:
    """What the truths themselves get, in a line, if there is anything to tell."""
    told = [f"{READINGS[name].title} {texts(mean, READINGS[name])[0]}" for name, mean in own.items() if mean.count]
    return [f"The true colorings themselves have: {', '.join(told)}."] if told else []


def as_json(asked: dict[str, Any], comparison: Comparison) -> str:
    """What was asked, how to read the metrics, the means, the differences and what they mean; null for nan."""
    readings = {name: READINGS[name] for name in comparison.metrics}
    content = asked | {
        "metrics": {name: {"title": r.title, "unit": r.unit, "better": r.better} for name, r in readings.items()},
        "means": _without_nan(comparison.rows),
        "differences": _without_nan(comparison.differences),
        "verdicts": comparison.verdicts,
        "truths_themselves": _without_nan({"": comparison.own})[""],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _without_nan(rows: dict[str, Row]) -> dict[str, Any]:
    """Rows as plain dictionaries."""
    return {
        title: {name: {key: number(value) for key, value in vars(mean).items()} for name, mean in row.items()}
        for title, row in rows.items()
    }


def number(value: float) -> float | None:
    return None if math.isnan(value) else value


def comma_separated(scores: dict[str, Scores], metrics: list[str]) -> str:
    """A line for each image of each title; an empty cell for nan."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["title", "image", *metrics])
    for title, of_title in scores.items():
        for name, figures in of_title.items():
            writer.writerow([title, name, *(number(figures[metric]) for metric in metrics)])
    return text.getvalue()
