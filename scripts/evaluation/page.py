"""The comparison as a page to look at: what is better, by how much, how it is spread, and the drawings, worst first.

The page holds all that it needs but the pictures, which lie beside it; it works from disk. Style sheet and script are
files beside this one.
"""
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dominate.dom_tag import dom_tag
from dominate.tags import (
    a,
    article,
    div,
    figcaption,
    figure,
    h1,
    h2,
    h3,
    header,
    img,
    label,
    li,
    main,
    option,
    p,
    script,
    section,
    select,
    small,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
    ul,
)
from dominate.util import raw
from PIL import Image
from tqdm import tqdm

from data.image_folder import read_image
from scripts.evaluation.charts import COLORS, histograms
from scripts.evaluation.comparison import READINGS, Comparison
from scripts.evaluation.scoring import Scores
from scripts.evaluation.sources import Pictures, References
from scripts.evaluation.tables import head, number, texts
from util.errors import UserError
from util.files import write_text
from util.html import BASE_STYLE, empty_page, printable, relative_url
from util.images import save_image

TITLE = "Colorings compared"
WIDEST = 512  # pixels: of the pictures on the page
QUALITY = 95


def write_page(
    path: Path, comparison: Comparison, scores: dict[str, Scores], references: References,
    results: dict[str, Pictures], notes: Sequence[str],
) -> None:  # fmt: skip
    """Write the page, with its pictures in a folder `images` beside it. Raises UserError if it can't be written."""
    names = [name for name in references.names if any(name in of_title for of_title in scores.values())]
    columns = [_Column("scan", references.scans, False)] if references.scans else []
    columns += [_Column(title, paths, True) for title, paths in results.items()]
    columns += [_Column("truth", references.truths, False)] if references.truths else []
    sortable = [name for name in next(iter(next(iter(scores.values())).values())) if READINGS[name].better]
    names.sort(key=lambda name: _loss(scores, next(iter(scores)), name, sortable[0]), reverse=True)
    doc = empty_page(TITLE, BASE_STYLE + _beside("css"))
    try:
        pictures = _save_pictures(path.parent, columns, names)
        doc.add(main(
            header(h1(TITLE), _list(comparison.statements(), "statements"), _means(comparison), _list(notes, "notes")),
            _spread(comparison, scores),
            _drawings(names, columns, pictures, comparison, scores, sortable),
        ))  # fmt: skip
        doc.add(script(raw(_embedded(_data(comparison, scores, sortable))), type="application/json", id="figures"))
        doc.add(script(raw(_beside("js"))))
        write_text(path, doc.render(pretty=False))
    except OSError as error:
        raise UserError(f"can't write {path} ({error.strerror}): give another place") from error


@dataclass(frozen=True)
class _Column:
    """Pictures that stand below each other. measured: results, which have figures."""

    title: str
    paths: Pictures
    measured: bool


_Saved = tuple[str, int, int]  # a picture's path from the page's folder, its width and its height


def _save_pictures(folder: Path, columns: list[_Column], names: list[str]) -> list[dict[str, _Saved]]:
    """Small copies of all pictures, by column and name."""
    saved: list[dict[str, _Saved]] = []
    for place, column in enumerate(tqdm(columns, desc="pictures", unit="column", disable=None)):
        saved.append({})
        for name in names:
            if name not in column.paths:
                continue
            image = read_image(column.paths[name])
            if image.width > WIDEST:
                size = WIDEST, max(1, round(image.height * WIDEST / image.width))
                image = image.resize(size, Image.Resampling.LANCZOS)
            target = f"images/{place}/{name}.jpg"
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            save_image(image, folder / target, quality=QUALITY)
            saved[place][name] = target, *image.size
    return saved


def _means(comparison: Comparison) -> dom_tag:
    """A line for each metric, a column for each title: small screens have more height than width."""
    rows = []
    for name in comparison.metrics:
        heading = th(span(head(name)), small(READINGS[name].help), scope="row")
        rows.append(tr(heading, (_mean_cell(comparison, title, name) for title in comparison.rows)))
    titles = tr(th("", scope="col"), (_title_cell(comparison, title) for title in comparison.rows))
    return div(table(thead(titles), tbody(rows)), cls="scroll")


def _title_cell(comparison: Comparison, title: str) -> dom_tag:
    count = max(mean.count for mean in comparison.rows[title].values())
    told = f"{count} {'image' if count == 1 else 'images'}{', baseline' if title == comparison.baseline else ''}"
    return th(_name(comparison, title), small(told), scope="col")


def _name(comparison: Comparison, title: str) -> dom_tag:
    """A title with the color that it has in the charts."""
    return span(span(cls="dot"), printable(title), cls=f"series-{list(comparison.rows).index(title) % COLORS} name")


def _mean_cell(comparison: Comparison, title: str, name: str) -> dom_tag:
    reading = READINGS[name]
    value, interval = texts(comparison.rows[title][name], reading)
    cell = td(span(value, cls="mean"), " ", small(interval))
    if title in comparison.differences:
        change, around = texts(comparison.differences[title][name], reading, "+")
        found = comparison.verdicts[title].get(name, "")
        cell.add(div(span(found, cls="verdict"), " ", f"{change} ", small(around), cls=f"change {found}"))
    return cell


def _spread(comparison: Comparison, scores: dict[str, Scores]) -> dom_tag:
    charts = []
    for name in next(iter(next(iter(scores.values())).values())):
        values = {
            title: np.array([figures[name] for figures in of_title.values()]) for title, of_title in scores.items()
        }
        drawing = histograms(name, READINGS[name], values, comparison.rows)
        if drawing is not None:
            charts.append(div(h3(head(name)), drawing, cls="chart"))
    told = "How many images have which figure; the upright line is the mean, the bar at the bottom its interval."
    return section(h2("How figures are spread"), p(told, cls="quiet"), div(charts, cls="charts"))


def _drawings(
    names: list[str], columns: list[_Column], pictures: list[dict[str, _Saved]], comparison: Comparison,
    scores: dict[str, Scores], sortable: list[str],
) -> dom_tag:  # fmt: skip
    """All drawings, each with what every title made of it; the script sorts them anew."""
    articles = []
    for name in names:
        figures = [
            _figure(saved.get(name), column.title, _caption(comparison, scores, column, name, sortable[0]))
            for column, saved in zip(columns, pictures, strict=True)
        ]
        articles.append(article(h3(printable(name)), div(figures, cls="row"), data_name=printable(name)))
    return section(h2("The drawings"), _controls(comparison, sortable), div(articles, cls="drawings"))


def _figure(picture: _Saved | None, title: str, caption: dom_tag) -> dom_tag:
    if picture is None:
        return figure(span("no picture", cls="blank"), caption)
    path, width, height = picture
    image = img(src=relative_url(path), alt=printable(title), loading="lazy", width=width, height=height)
    return figure(a(image, href=relative_url(path)), caption)


def _caption(comparison: Comparison, scores: dict[str, Scores], column: _Column, name: str, metric: str) -> dom_tag:
    if not column.measured:
        return figcaption(column.title)
    title = column.title
    value = scores[title].get(name, {}).get(metric, math.nan)
    told = "–" if math.isnan(value) else f"{value:.{READINGS[metric].digits}f}"
    return figcaption(_name(comparison, title), " ", span(told, cls="figure", data_title=printable(title)))


def _controls(comparison: Comparison, sortable: list[str]) -> dom_tag:
    """What the drawings are sorted by; without scripts they stay as they are, the worst ones first."""
    by = [option(printable(title), value=printable(title)) for title in comparison.rows]
    by += [
        option(printable(f"{title}, beside {comparison.baseline}"), value=printable(title), data_beside="yes")
        for title in comparison.differences
    ]
    metrics = [option(head(name), value=name) for name in sortable]
    orders = [option(f"{order} first", value=order) for order in ("worst", "best")]
    return div(
        label("Sort by ", select(metrics, name="metric")), label("of ", select(by, name="title")),
        label(select(orders, name="order", aria_label="Which drawings come first")), cls="controls",
    )  # fmt: skip


def _data(comparison: Comparison, scores: dict[str, Scores], sortable: list[str]) -> dict[str, Any]:
    """What the script sorts by: each figure to show, and as one that is better the lower it is."""
    return {
        "baseline": comparison.baseline if comparison.baseline is None else printable(comparison.baseline),
        "digits": {name: READINGS[name].digits for name in sortable},
        "figures": {
            printable(title): {
                printable(name): {
                    metric: [number(figures[metric]), number(READINGS[metric].loss(figures[metric]))]
                    for metric in sortable
                }
                for name, figures in of_title.items()
            }
            for title, of_title in scores.items()
        },
    }


def _loss(scores: dict[str, Scores], title: str, name: str, metric: str) -> float:
    """Of a drawing; what has none comes last."""
    loss = READINGS[metric].loss(scores[title].get(name, {}).get(metric, math.nan))
    return -math.inf if math.isnan(loss) else loss


def _embedded(data: dict[str, Any]) -> str:
    """JSON within a page: no name in it can end the script."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _list(lines: Sequence[str], kind: str) -> dom_tag:
    return ul((li(printable(line)) for line in lines), cls=kind)


def _beside(suffix: str) -> str:
    """The text of the file beside this one that has another suffix."""
    return Path(__file__).with_suffix(f".{suffix}").read_text(encoding="utf-8")
