"""What networks compute with: 16 bits inside, float32 outside, and the same training as far as 16 bits can tell."""
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from tests.helpers import small_model as make
from tests.helpers import step_on_noise as step
from util.precision import DataParallel, choose_dtype

CPU = torch.device("cpu")


@pytest.mark.parametrize("argv", [[], ["--model=pix2pix", "--norm=instance", "--netD=attention"],
                                  ["--netG=attn_unet", "--ngf=8"], ["--netG=scan", "--ngf=32"],
                                  ["--model=pix2pix", "--netG=palette_unet", "--lambda_palette=1"]])  # fmt: skip
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_losses_are_those_of_float32_as_far_as_16_bits_can_tell(tmp_path, argv, precision):
    full, half = (step(make(tmp_path, *argv, f"--precision={chosen}")) for chosen in ("fp32", precision))
    assert half == pytest.approx(full, rel=0.03)
    assert half != full


def test_gradients_too_small_for_float16_are_learned_from(tmp_path):
    full, half = (make(tmp_path, f"--precision={chosen}") for chosen in ("fp32", "fp16"))
    drawing = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for model in (full, half):
        model.backward(model.netG_A(drawing)[..., :16].mean() * 1e-4)
    wanted, found = (model.netG_A.model[1].weight.grad for model in (full, half))
    found = found / half.scaler.get_scale()
    assert (found - wanted).norm() < 0.15 * wanted.norm()  # all of it, were it not for the scale


def test_a_step_that_overflows_float16_is_left_out_and_the_next_ones_learn(tmp_path):
    model = make(tmp_path, "--precision=fp16", "--lambda_A=1e4")
    weight = model.netG_A.model[1].weight
    before = weight.clone()
    step(model)
    assert torch.equal(weight, before)
    for _ in range(12):
        step(model)
    assert not torch.equal(weight, before)
    assert weight.isfinite().all()


def test_the_scale_of_float16_goes_on(tmp_path):
    model, other = (make(tmp_path, "--precision=fp16", "--lambda_A=1e4") for _ in range(2))
    step(model)
    other.load_state_dict(model.state_dict())
    assert other.scaler.get_scale() == model.scaler.get_scale() < make(tmp_path, "--precision=fp16").scaler.get_scale()


def test_convolutions_have_16_bits_and_what_is_kept_has_32(tmp_path):
    model = make(tmp_path, "--precision=bf16")
    seen = set()
    for net in model.networks().values():
        for part in net.modules():
            if isinstance(part, nn.Conv2d):
                part.register_forward_hook(lambda _, inputs, output: seen.add(output.dtype))
    step(model)
    assert seen == {torch.bfloat16}
    kept = [*model.get_current_visuals().values(), *(p for net in model.networks().values() for p in net.parameters())]
    kept += [p.grad for p in model.netG_A.parameters()] + model.pools["fake_B"].images
    assert {value.dtype for value in kept} == {torch.float32}
    assert model.losses(model.loss_names).dtype == torch.float32


@pytest.mark.parametrize(("supported", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_16_bits_where_the_hardware_is_made_for_them(monkeypatch, supported, dtype):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: supported)
    assert choose_dtype("auto", CPU) == dtype
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0) if supported else (7, 5))
    assert choose_dtype("auto", torch.device("cuda")) == dtype
    assert choose_dtype("auto", torch.device("mps")) == torch.float32


def test_what_was_asked_for_is_taken_anywhere():
    assert [choose_dtype(precision, CPU) for precision in ("fp32", "bf16", "fp16")] == [
        torch.float32, torch.bfloat16, torch.float16
    ]  # fmt: skip


def test_batches_that_are_shared_over_gpus_are_computed_in_the_format_that_was_asked_for(monkeypatch):
    """Threads of torch's, as it starts them for GPUs: in those, autocast knows no format but float16."""
    seen = []

    def in_a_thread(_, replicas: list[nn.Module], inputs: list[tuple], kwargs: object) -> list[torch.Tensor]:
        with ThreadPoolExecutor(1) as pool:
            return [pool.submit(replica, *given).result() for replica, given in zip(replicas, inputs, strict=True)]

    monkeypatch.setattr(nn.DataParallel, "parallel_apply", in_a_thread)
    monkeypatch.setattr(nn.DataParallel, "__init__", lambda self, *_: nn.Module.__init__(self))  # which wants GPUs
    replica = nn.Conv2d(1, 2, 3)
    replica.register_forward_hook(lambda _, __, given: seen.append(given.dtype))
    inner = nn.Sequential(replica)
    shared = DataParallel(nn.Sequential(), [], torch.bfloat16)
    shared.src_device_obj = CPU
    given = shared.parallel_apply([inner], [(torch.ones(1, 1, 8, 8),)], {})
    assert (seen, given[0].dtype) == ([torch.bfloat16], torch.float32)
