"""What was measured: rows, in the order in which they came, as tables and as JSON."""
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch

from util.device import is_out_of_memory
from util.errors import reason

_SI = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


@dataclass(frozen=True)
class Row:
    """One measurement.

    seconds: of one call. rate: `unit` that were done each second, such as images. flops: floating-point operations of
    one call, in convolutions and matrix products. share: of the convolution ceiling at the same precision. memory: in
    bytes, at most. busy: share of the time in which the device computed.
    """

    section: str
    item: str
    seconds: float | None = None
    rate: float | None = None
    unit: str = ""
    flops: float | None = None
    share: float | None = None
    memory: float | None = None
    busy: float | None = None
    note: str = ""

    def cells(self) -> dict[str, str]:
        """What a table shows of it, by the title of the column; empty where nothing was measured."""
        speed = self.flops / self.seconds if self.flops and self.seconds else None
        return {
            "": self.item,
            "time": "" if self.seconds is None else _time(self.seconds),
            "rate": "" if self.rate is None else f"{_rate(self.rate, self.unit)}",
            "FLOPs": "" if self.flops is None else _scaled(self.flops, ""),
            "FLOP/s": "" if speed is None else _scaled(speed, ""),
            "of the ceiling": "" if self.share is None else f"{self.share:.0%}",
            "memory": "" if self.memory is None else f"{self.memory / 2**20:.0f} MiB",
            "device busy": "" if self.busy is None else f"{self.busy:.0%}",
            "note": self.note,
        }


class Report:
    """Rows as they come, and the items that failed. on_row: is told of each."""

    def __init__(self, on_row: Callable[[Row], object] = lambda row: None) -> None:
        self.rows: list[Row] = []
        self.failed: list[str] = []
        self._on_row = on_row

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self._on_row(row)

    @contextmanager
    def attempt(self, section: str, item: str) -> Iterator[None]:
        """What fails inside becomes a row that says so, and what comes after goes on. Too little memory is a result;
        everything else is a failure."""
        try:
            yield
        except Exception as error:
            self.fail(section, item, error)
        finally:
            if torch.cuda.is_available():
                gc.collect()
                torch.cuda.empty_cache()

    def fail(self, section: str, item: str, error: Exception) -> None:
        """Note what an item ended with."""
        if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and is_out_of_memory(error)):
            self.add(Row(section, item, note="out of memory"))
            return
        told = f"{type(error).__name__}: {reason(error)}"
        self.add(Row(section, item, note=f"failed: {told[:100]}"))
        self.failed.append(f"{section}, {item}: {told}")

    def table(self, section: str) -> str:
        """The rows of a section in Markdown, without columns that have nothing to tell."""
        return table([row.cells() for row in self.rows if row.section == section])

    def json(self) -> dict[str, Any]:
        return {"rows": [asdict(row) for row in self.rows], "failed": self.failed}


def table(rows: Sequence[dict[str, str]]) -> str:
    """Rows by column, in Markdown, aligned for the eye; columns without a cell are left out."""
    titles = [title for title in (rows[0] if rows else {}) if any(row[title] for row in rows)]
    widths = [max(len(text) for text in (title, *(row[title] for row in rows))) for title in titles]
    lines = [titles, ["-" * width for width in widths], *([row[title] for title in titles] for row in rows)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def _rate(rate: float, unit: str) -> str:
    if unit == "B/s":
        return _scaled(rate, unit)
    return f"{rate:.3g} {unit}" if rate < 1000 else f"{rate:,.0f} {unit}"


def _scaled(value: float, unit: str) -> str:
    """12340000000 → 12.3 G."""
    size, prefix = next((step for step in _SI if value >= step[0]), _SI[-1])
    return f"{value / size:.3g} {prefix}{unit}".strip()
