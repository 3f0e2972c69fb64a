"""Losses that are no numbers any more are remembered with the iteration at which it began."""
import math

import pytest
import torch

from util.loss_watch import LossWatch


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_the_first_loss_to_break_and_when(broken):
    watch = LossWatch(["G", "D", "L1"], torch.device("cpu"))
    for iteration in (1, 2):
        watch.note(torch.tensor([0.0, -3.0, 1e30]), iteration)
    assert watch.first_broken() is None
    watch.note(torch.tensor([0.0, 1.0, broken]), 3)
    watch.note(torch.tensor([broken, 1.0, 1.0]), 4)  # that it recovers, or others follow, changes nothing
    watch.note(torch.tensor([1.0, 1.0, 1.0]), 5)
    assert watch.first_broken() == ("L1", 3)
