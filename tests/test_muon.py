"""The optimizer Muon."""
import pytest
import torch
from torch import nn

from models.muon import Muon, orthogonalized


def gradients(parameter: nn.Parameter, seed: int = 0, steps: int = 5) -> list[torch.Tensor]:
    chance = torch.Generator().manual_seed(seed)
    return [torch.randn(parameter.shape, generator=chance) for _ in range(steps)]


def after(optimizer: torch.optim.Optimizer, parameter: nn.Parameter) -> torch.Tensor:
    for gradient in gradients(parameter):
        parameter.grad = gradient
        optimizer.step()
    return parameter.detach()


def test_matrices_go_the_way_of_the_optimizer_of_torch():
    ours, torchs = nn.Parameter(torch.ones(32, 48)), nn.Parameter(torch.ones(32, 48))
    reference = torch.optim.Muon(
        [torchs], 0.01, weight_decay=0, momentum=0.9, ns_steps=4, adjust_lr_fn="match_rms_adamw"
    )
    torch.testing.assert_close(
        after(Muon([ours], 0.01, (0.9, 0.999)), ours), after(reference, torchs), atol=1e-4, rtol=0
    )


def test_a_convolution_is_a_matrix_with_a_row_for_each_output():
    as_convolution, as_matrix = nn.Parameter(torch.ones(32, 8, 3, 3)), nn.Parameter(torch.ones(32, 72))
    moved = [after(Muon([each], 0.01), each).flatten() for each in (as_convolution, as_matrix)]
    torch.testing.assert_close(*moved)


@pytest.mark.parametrize("shape", [(8,), (3, 64, 3, 3), (64, 1, 3, 3)])
def test_everything_else_goes_the_way_of_adam(shape):
    ours, torchs = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.ones(shape))
    moved = after(Muon([ours], 0.01, (0.9, 0.99)), ours)
    torch.testing.assert_close(moved, after(torch.optim.Adam([torchs], 0.01, (0.9, 0.99)), torchs))


@pytest.mark.parametrize("shape", [(20, 100), (100, 20)])
def test_what_is_orthogonal_has_singular_values_near_one(shape):
    chance = torch.Generator().manual_seed(0)
    left, right = (torch.linalg.qr(torch.randn(size, 20, generator=chance))[0] for size in shape)
    values = torch.linalg.svdvals(orthogonalized(left * torch.linspace(0.1, 1, 20) @ right.T))
    assert values.min() > 0.5
    assert values.max() < 1.5
