"""--compile: the same training, and training all the same where nothing can be compiled."""
import pytest
import torch

from tests.helpers import small_model
from tests.helpers import step_on_noise as step
from util import compiling

FULL = "--precision=fp32"
QUICK = "aot_eager"  # traces the way there and back as inductor does, without minutes of compiling


@pytest.mark.parametrize("argv", [
    [], ["--model=pix2pix", "--netG=attn_unet", "--netD=attention", "--dropout"],
    ["--model=pix2pix", "--netG=palette_unet", "--lambda_palette=1"],
])  # fmt: skip
def test_compiled_networks_learn_the_same(tmp_path, monkeypatch, argv):
    monkeypatch.setattr(compiling, "BACKEND", QUICK)
    plain, compiled = small_model(tmp_path, FULL, *argv), small_model(tmp_path, FULL, *argv, "--compile")
    for _ in range(2):
        torch.manual_seed(0)  # of dropout
        wanted = step(plain)
        torch.manual_seed(0)
        assert step(compiled) == pytest.approx(wanted, rel=1e-4)
    assert not any(net.forward.failed for net in compiled.networks().values())


def test_trying_out_leaves_no_trace(tmp_path, monkeypatch):
    """Neither in statistics of the training nor in the random numbers of dropout."""
    monkeypatch.setattr(compiling, "BACKEND", QUICK)
    model = small_model(tmp_path, FULL, "--model=pix2pix", "--netG=unet_128", "--dropout", "--compile", "--norm=batch")
    drawing = torch.rand(1, 3, 128, 128)
    before = {name: value.clone() for name, value in model.netG.state_dict().items()}
    chance = torch.get_rng_state()
    model.netG.forward._try_out(drawing)
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(torch.equal(value, before[name]) for name, value in model.netG.state_dict().items())
    assert all(p.grad is None for p in model.netG.parameters())


def test_what_cannot_be_compiled_works_as_it_is(tmp_path, monkeypatch, capsys):
    def broken(*_: object) -> None:
        raise RuntimeError("no compiler here")

    monkeypatch.setattr(compiling, "BACKEND", broken)
    assert step(small_model(tmp_path, FULL, "--compile")) == pytest.approx(step(small_model(tmp_path, FULL)), rel=1e-6)
    told = [line for line in capsys.readouterr().out.splitlines() if "can't compile" in line]
    assert len(told) == 4  # once a network
    assert "no compiler here" in told[0]
