"""Images of a training that could not be read: which, how many, and whether these are too many."""
import json
from collections.abc import Iterable
from typing import Any

from data.image_folder import BadImage


def report(faults: Iterable[BadImage]) -> str:
    """What an item says of images that it does without: text, for batches are made of that and of tensors."""
    told = [(str(fault.path), fault.fault) for fault in faults]
    return json.dumps(told) if told else ""


class BadImages:
    """faults: what is wrong with each image, by path, in the order in which they came up. replaced: how often another
    one stood in for one of them in the epoch in hand.

    files: how many images there are; most: the share of them, 0 to 1, that may be bad.
    """

    def __init__(self, files: int, most: float) -> None:
        self.files, self.most = files, most
        self.faults: dict[str, str] = {}
        self.replaced = 0

    def note(self, reports: Iterable[str]) -> None:
        """Take what the items of a batch say."""
        for text in filter(None, reports):
            for path, fault in json.loads(text):
                self.faults.setdefault(path, fault)
                self.replaced += 1

    @property
    def too_many(self) -> bool:
        return len(self.faults) > self.most * self.files

    def state_dict(self) -> dict[str, Any]:
        return {"faults": dict(self.faults), "replaced": self.replaced}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.faults, self.replaced = dict(state["faults"]), int(state["replaced"])
