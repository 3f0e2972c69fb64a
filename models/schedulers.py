"""Learning rate over the epochs. Policies that follow the calendar are one function of the epoch."""
import math
from collections.abc import Callable, Sequence
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from util.errors import UserError
from util.stages import Stage, stage_at

POLICIES = ("lambda", "step", "plateau", "cosine")


def factor(epoch: int, policy: str, niter: int, niter_decay: int, lr_decay_iters: int) -> float:
    """What the initial learning rate is multiplied by in `epoch` (from 1): between 0 and 1.

    lambda: 1 for `niter` epochs, then linearly down over `niter_decay`, reaching 0 one epoch after the last.
    step: a tenth every `lr_decay_iters` epochs. cosine: half a cosine wave over all epochs, 0 after the last.
    """
    if policy == "lambda":
        return max(0.0, 1.0 - max(0, epoch - niter) / (niter_decay + 1))
    if policy == "step":
        return 0.1 ** ((epoch - 1) // lr_decay_iters)
    if policy == "cosine":
        done = min(1.0, (epoch - 1) / max(1, niter + niter_decay))
        return max(0.0, 0.5 * (1 + math.cos(math.pi * done)))
    raise UserError(f"unknown --lr_policy {policy}: choose one of {', '.join(POLICIES)}")


class Calendar:
    """Sets an optimizer's learning rate to what `rule` makes of the epoch (from 1) times the rate it was built with.

    A run that goes on with another rate or other epochs so follows these at once, not what was saved.
    """

    def __init__(self, optimizer: Optimizer, rule: Callable[[int], float], epoch: int) -> None:
        self.optimizer, self.rule, self.epoch = optimizer, rule, epoch
        self.initial = [group["lr"] for group in optimizer.param_groups]
        self._apply()

    def step(self) -> None:
        """The epoch is over."""
        self.epoch += 1
        self._apply()

    def state_dict(self) -> dict[str, Any]:
        return {"last_epoch": self.epoch - 1}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the epoch from the state of any scheduler, torch's included: they count what is done."""
        self.epoch = state["last_epoch"] + 1
        self._apply()

    def _apply(self) -> None:
        for group, initial in zip(self.optimizer.param_groups, self.initial, strict=True):
            group["lr"] = initial * self.rule(self.epoch)


def get_scheduler(
    optimizer: Optimizer, policy: str, first_epoch: int, stages: Sequence[Stage], lr_decay_iters: int
) -> Calendar | ReduceLROnPlateau:
    """The scheduler of a policy, to be stepped at the end of each epoch; training begins with `first_epoch`.

    Policies that follow the calendar begin anew with each stage. plateau divides the rate by 5 when the metric that
    it is stepped with has not fallen by 1 % in 5 epochs.
    """
    if policy == "plateau":
        return ReduceLROnPlateau(optimizer, mode="min", factor=0.2, threshold=0.01, patience=5)

    def rule(epoch: int) -> float:
        stage = stage_at(stages, epoch)
        return factor(epoch - stage.before, policy, stage.niter, stage.niter_decay, lr_decay_iters)

    return Calendar(optimizer, rule, first_epoch)
