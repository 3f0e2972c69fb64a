"""What only a CUDA device can show; skipped where there is none."""
import pytest
import torch

from models import BaseModel
from tests.helpers import small_model
from tests.helpers import step_on_noise as step

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


def make(folder, *argv: str) -> BaseModel:
    return small_model(folder, *argv, "--gpu_ids=0")


@pytest.mark.parametrize("argv", [["--precision=bf16"], ["--precision=fp16"], ["--compile"],
                                  ["--precision=bf16", "--compile"], ["--memory_format=channels_last"]])  # fmt: skip
@pytest.mark.parametrize("model", [[], ["--model=pix2pix", "--netG=attn_unet", "--netD=attention", "--norm=instance"]])
def test_losses_are_those_of_the_cpu(tmp_path, model, argv):
    wanted = step(small_model(tmp_path, *model, "--no_dropout"))
    assert step(make(tmp_path, *model, "--no_dropout", *argv)) == pytest.approx(wanted, rel=0.03)


@pytest.mark.parametrize("argv", [[], ["--compile"]])
def test_what_a_step_gave_stays_as_it_was(tmp_path, argv):
    """Pictures and pools may be looked at later, though graphs use the same memory again and again."""
    model = make(tmp_path, *argv, "--pool_size=8")
    for _ in range(3):
        step(model)
    kept = [*model.get_current_visuals().values(), *model.pools["fake_B"].images]
    before = [image.clone() for image in kept]
    for _ in range(2):
        step(model)
    assert all(torch.equal(*pair) for pair in zip(kept, before, strict=True))


@pytest.mark.parametrize("argv", [
    [], ["--precision=bf16"], ["--input_nc=1"], ["--model=pix2pix", "--norm=instance", "--lambda_chroma=1"],
    ["--model=pix2pix", "--norm=instance", "--gan_mode=wgangp", "--scan_tones=0.5"],
])  # fmt: skip
def test_a_step_does_not_wait_for_the_device(tmp_path, argv):
    model = make(tmp_path, *argv)
    step(model)
    channels = {"A": model.opt.input_nc, "B": model.opt.output_nc}
    images = {side: torch.zeros(2, channels[side], 32, 32, dtype=torch.uint8).pin_memory() for side in "AB"}
    batch = {**images, "A_paths": ["", ""], "B_paths": ["", ""]}
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(2):
            model.set_input(batch)
            model.optimize_parameters()
            model.losses(model.loss_names)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("argv", [
    [], ["--model=pix2pix", "--norm=instance"], ["--gan_mode=wgangp"],
    ["--model=pix2pix", "--netG=palette_unet", "--norm=batch", "--lambda_palette=1"],
])  # fmt: skip
def test_graphs_learn_what_single_kernels_learn(tmp_path, argv):
    plain, graphs = make(tmp_path, *argv), make(tmp_path, *argv, "--compile")
    for _ in range(4):
        wanted, found = step(plain), step(graphs)
    assert found == pytest.approx(wanted, rel=0.05)
    assert not any(net.forward.failed for net in graphs.networks().values())
