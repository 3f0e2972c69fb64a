"""Progressive training: stages of one image size each, small ones first."""
import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from util.errors import UserError


@dataclass(frozen=True)
class Stage:
    """Epochs of one image size.

    number: from 1. size: side of the training images, in pixels. before: epochs of the stages before it. niter,
    niter_decay: its own epochs, at the initial learning rate and while that falls.
    """

    number: int
    size: int
    batch_size: int
    before: int
    niter: int
    niter_decay: int

    @property
    def last_epoch(self) -> int:
        return self.before + self.niter + self.niter_decay


def plan_stages(opt: argparse.Namespace) -> list[Stage]:
    """The stages that the options ask for: one of --fineSize unless --stages names others.

    Each takes --niter + --niter_decay epochs; --stage_epochs gives other numbers, shared out in the same proportion.
    Raises UserError where the lists do not fit together.
    """
    sizes = opt.stages or [opt.fineSize]
    whole = opt.niter + opt.niter_decay
    epochs = _spread("stage_epochs", opt.stage_epochs, len(sizes), whole)
    batch_sizes = _spread("stage_batch_sizes", opt.stage_batch_sizes, len(sizes), opt.batch_size)
    stages: list[Stage] = []
    for number, (size, count, batch_size) in enumerate(zip(sizes, epochs, batch_sizes, strict=True), 1):
        decay = round(count * opt.niter_decay / whole) if whole else 0
        stages.append(Stage(number, size, batch_size, sum(epochs[: number - 1]), count - decay, decay))
    return stages


def stage_at(stages: Sequence[Stage], epoch: int) -> Stage:
    """The stage of an epoch (from 1); epochs beyond the last belong to the last."""
    return next((stage for stage in stages if epoch <= stage.last_epoch), stages[-1])


def _spread(name: str, values: list[int] | None, count: int, default: int) -> list[int]:
    """A value for each stage: as given, one for all, or the default."""
    values = values or [default]
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise UserError(f"--{name} has {len(values)} numbers for {count} stages: give one for all, or one for each")
    return values
