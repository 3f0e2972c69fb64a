"""Images of a training that could not be read: which, how many, and whether these are too many."""
from collections.abc import Iterable
from typing import Any


class BadImages:
    """lines: the path of each image and what is wrong with it, in the order in which they came up. replaced: how often
    another one stood in for one of them in the epoch in hand.

    files: how many images there are; most: the share of them, 0 to 1, that may be bad.
    """

    def __init__(self, files: int, most: float) -> None:
        self.files, self.most = files, most
        self.lines: dict[str, None] = {}  # as a set that keeps its order
        self.replaced = 0

    def note(self, reports: Iterable[str]) -> bool:
        """Take what the items of a batch say of images that they do without; whether one of them is new."""
        seen = [line for report in reports for line in report.splitlines()]
        known = len(self.lines)
        self.lines |= dict.fromkeys(seen)
        self.replaced += len(seen)
        return len(self.lines) > known

    @property
    def share(self) -> float:
        """The share of images that are known to be bad, 0 to 1."""
        return len(self.lines) / self.files

    @property
    def too_many(self) -> bool:
        return self.share > self.most

    def state_dict(self) -> dict[str, Any]:
        return {"lines": list(self.lines), "replaced": self.replaced}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.lines, self.replaced = dict.fromkeys(state["lines"]), int(state["replaced"])
