"""An optimizer that needs fewer steps than Adam."""
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim.adam import adam

NARROWEST = 16  # what has fewer rows or columns, as weights beside images, is Adam's
ITERATIONS = 4
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Newton-Schulz iterations that converge fast and roughly
SIZE = 0.2  # of steps, for each of the learning rate: about that of Adam's
Learning = list[tuple[torch.Tensor, torch.Tensor]]  # parameters and their gradients


class Muon(torch.optim.Optimizer):
    """Muon for the weights of convolutions and linear layers; Adam for the narrowest of them, and for everything else.

    The momentum of a weight, as a matrix with a row for each output, is made orthogonal: directions that few gradients
    have are learned as fast as those that all have (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural
    networks"). Steps are as large as Adam's of the same learning rate (Liu et al. 2025, "Muon is Scalable for LLM
    Training"). `torch.optim.Muon` takes no weights of convolutions.

    betas: decays of the mean of the gradients, in [0, 1), which is the momentum of both, and of that of their squares.
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:  # fmt: skip
        kinds: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for parameter in params:
            kinds[parameter.ndim > 1 and min(parameter.flatten(1).shape) >= NARROWEST].append(parameter)
        groups = [{"params": some, "orthogonal": orthogonal} for orthogonal, some in kinds.items() if some]
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            step = self._orthogonal_step if group["orthogonal"] else self._adam_step
            step(group, [(parameter, parameter.grad) for parameter in group["params"] if parameter.grad is not None])

    def _orthogonal_step(self, group: dict[str, Any], learning: Learning) -> None:
        momentum = group["betas"][0]
        for parameter, gradient in learning:
            state = self.state[parameter]
            if not state:
                state["exp_avg"] = torch.zeros_like(parameter)
            mean = state["exp_avg"].lerp_(gradient, 1 - momentum)
            ahead = gradient.lerp(mean, momentum).flatten(1)  # Nesterov's
            size = group["lr"] * SIZE * max(ahead.shape) ** 0.5
            parameter.add_(orthogonalized(ahead).view_as(parameter), alpha=-size)

    def _adam_step(self, group: dict[str, Any], learning: Learning) -> None:
        states = []
        for parameter, _ in learning:
            state = self.state[parameter]
            if not state:
                state["step"] = torch.zeros(())
                state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
            states.append(state)
        parameters, gradients = ([pair[side] for pair in learning] for side in (0, 1))
        means, squares, steps = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
        beta1, beta2 = group["betas"]
        adam(
            parameters, gradients, means, squares, [], steps, amsgrad=False, beta1=beta1, beta2=beta2, lr=group["lr"],
            weight_decay=0, eps=group["eps"], maximize=False,
        )  # fmt: skip


def orthogonalized(matrix: torch.Tensor) -> torch.Tensor:
    """Roughly U Vᵀ of a matrix U S Vᵀ: singular values near 1 in place of those of S. Computed in bfloat16."""
    first, third, fifth = COEFFICIENTS
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=third, alpha=fifth), x, beta=first)
    return (x if wide else x.T).to(matrix.dtype)
