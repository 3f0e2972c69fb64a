"""Noticing losses that are no numbers any more, without waiting for the device at every step."""
from collections.abc import Sequence

import torch


class LossWatch:
    """Remembers, on the device, at which iteration each loss was not finite for the first time."""

    def __init__(self, names: Sequence[str], device: torch.device) -> None:
        self.names = list(names)
        self._first = torch.zeros(len(self.names), dtype=torch.int64, device=device)  # 0: never

    def note(self, losses: torch.Tensor, iteration: int) -> None:
        """losses: (L,), in the order of the names. iteration: from 1."""
        broken = (self._first == 0) & ~losses.isfinite()
        self._first.masked_fill_(broken, iteration)

    def first_broken(self) -> tuple[str, int] | None:
        """The loss that was the first to break, and at which iteration; None if all are sound. Waits for the device."""
        found = [(name, first) for name, first in zip(self.names, self._first.tolist(), strict=True) if first]
        return min(found, key=lambda entry: entry[1], default=None)
