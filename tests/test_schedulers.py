"""The learning rate over the epochs, by the numbers."""
import math

import pytest
import torch

from models.schedulers import POLICIES, factor, get_scheduler
from tests.helpers import small_model
from util.errors import UserError
from util.stages import Stage

RATE = 0.5  # a power of two, so that products are exact


def make(policy: str, first_epoch: int = 1, niter: int = 3, niter_decay: int = 4, lr_decay_iters: int = 2):
    """An optimizer of rate RATE and its scheduler."""
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    stages = [Stage(1, 8, 1, 0, niter, niter_decay)]
    return optimizer, get_scheduler(optimizer, policy, first_epoch, stages, lr_decay_iters)


def factors(policy: str, epochs: int, first_epoch: int = 1) -> list[float]:
    """What the rate is multiplied by in each of some epochs, with a metric that never falls."""
    optimizer, scheduler = make(policy, first_epoch)
    seen = []
    for _ in range(epochs):
        seen.append(optimizer.param_groups[0]["lr"] / RATE)
        scheduler.step(1.0) if policy == "plateau" else scheduler.step()
    return seen


NUMBERS = {
    "lambda": [1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0, 0, 0],
    "step": [1, 1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 1e-4, 1e-4],
    "cosine": [*((1 + math.cos(math.pi * done / 7)) / 2 for done in range(7)), 0, 0, 0],
    # The first metric is the best one; after five more without progress the sixth lowers the rate.
    "plateau": [1] * 7 + [0.2] * 3,
}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_epoch(policy):
    assert factors(policy, 10) == pytest.approx(NUMBERS[policy], abs=1e-15)


@pytest.mark.parametrize("policy", ["lambda", "step", "cosine"])
@pytest.mark.parametrize("first_epoch", [2, 5, 9])
def test_beginning_later_is_the_same_calendar(policy, first_epoch):
    assert factors(policy, 10 - first_epoch, first_epoch) == pytest.approx(NUMBERS[policy][first_epoch - 1 : 9])


@pytest.mark.parametrize("policy", ["lambda", "step", "cosine"])
@pytest.mark.parametrize(("niter", "niter_decay"), [(0, 1), (1, 0), (0, 7), (100, 100), (3, 4)])
def test_never_negative_never_rising(policy, niter, niter_decay):
    rates = [factor(epoch, policy, niter, niter_decay, 50) for epoch in range(1, 3 * (niter + niter_decay) + 3)]
    assert rates[0] == pytest.approx(1 if niter or policy != "lambda" else 1 - 1 / (niter_decay + 1))
    assert all(rate > 0 for rate in rates[: niter + niter_decay])
    assert min(rates) >= 0
    assert rates == sorted(rates, reverse=True)


def test_plateau_keeps_the_rate_while_the_metric_falls():
    optimizer, scheduler = make("plateau")
    for epoch in range(20):
        scheduler.step(100 * 0.9**epoch)
    assert optimizer.param_groups[0]["lr"] == RATE
    for _ in range(6):
        scheduler.step(13.6)  # hardly below the last
    assert optimizer.param_groups[0]["lr"] == pytest.approx(RATE * 0.2)


@pytest.mark.parametrize("policy", POLICIES)
def test_state_goes_on_where_it_was(policy):
    optimizer, scheduler = make(policy)
    resumed_optimizer, resumed = make(policy)
    step = (lambda s: s.step(1.0)) if policy == "plateau" else (lambda s: s.step())
    for _ in range(5):
        step(scheduler)
    resumed_optimizer.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    for _ in range(5):
        assert resumed_optimizer.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
        step(scheduler)
        step(resumed)


def test_a_finished_run_that_gets_more_epochs_learns_at_once():
    optimizer, finished = make("lambda")
    for _ in range(7):
        finished.step()
    assert optimizer.param_groups[0]["lr"] == 0
    longer_optimizer, longer = make("lambda", niter=10)
    longer_optimizer.load_state_dict(optimizer.state_dict())
    longer.load_state_dict(finished.state_dict())
    assert longer_optimizer.param_groups[0]["lr"] == RATE


def test_a_finished_run_that_goes_on_with_plateau_learns(tmp_path):
    model = small_model(tmp_path, "--niter=1", "--niter_decay=1")
    for _ in range(2):
        model.update_learning_rate()
    assert set(model.learning_rates().values()) == {0}
    plateau = small_model(tmp_path, "--lr_policy=plateau", "--niter=4")
    plateau.load_state_dict(model.state_dict())
    assert set(plateau.learning_rates().values()) == {0.0002}


def test_policies_can_change_between_runs():
    _, plateau = make("plateau")
    for _ in range(4):
        plateau.step(1.0)
    optimizer, calendar = make("lambda")
    calendar.load_state_dict(plateau.state_dict())
    assert optimizer.param_groups[0]["lr"] == pytest.approx(RATE * NUMBERS["lambda"][4])


def test_unknown_policy():
    with pytest.raises(UserError, match="choose one of lambda, step, plateau, cosine"):
        make("sudden")
