"""Stage two of the OnePunch method: pairs from a frozen scan generator, and what the colorizer learns from them."""
import math
from pathlib import Path

import pytest
import torch
from torchvision.models import resnet18

from models import BaseModel, create_model
from models.networks import define_G
from models.networks.layers import SelfAttention
from models.networks.losses import GAN_MODES
from options.train_options import TrainOptions
from util import checkpoint
from util.errors import UserError

TINY = [
    "--model=colorizer", "--gpu_ids=-1", "--ngf=2", "--ndf=2", "--netG=unet_128", "--netD=pixel", "--stages=16",
    "--scan_recolor=0",
]  # fmt: skip


def scan_weights(path: Path, input_nc: int = 3, output_nc: int = 1, seed: int = 5) -> Path:
    chance = torch.Generator().manual_seed(seed)
    net = define_G(input_nc, output_nc, 4, "scan", init_gain=0.3, generator=chance)
    checkpoint.save(net.state_dict(), path)
    return path


def make(folder: Path, *argv: str, new: bool = True) -> BaseModel:
    given = [f"--scan_generator={scan_weights(folder / 'scan.pth')}"] if new else []
    opt = TrainOptions().parse(["--dataroot=unused", f"--checkpoints_dir={folder}/checkpoints", *TINY, *given, *argv])
    model = create_model(opt)
    model.setup(opt)
    model.train()
    model.start_epoch(1)
    return model


def batch(number: int = 0, size: int = 16) -> dict:
    chance = torch.Generator().manual_seed(number)
    return {"B": torch.rand(2, 3, size, size, generator=chance) * 2 - 1, "B_paths": ["1", "2"]}


def step(model: BaseModel, number: int = 0) -> dict[str, float]:
    model.set_input(batch(number))
    model.optimize_parameters()
    return model.get_current_losses()


def weights(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in net.state_dict().items()}


def changed(net: torch.nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return any(not torch.equal(value, before[key]) for key, value in net.state_dict().items())


@pytest.mark.parametrize("mode", GAN_MODES)
def test_steps_teach_the_colorizer_and_not_the_scan_generator(tmp_path, mode):
    model = make(tmp_path, "--gan_mode", mode)
    nets = {"scan": model.scan_generators[0], **model.networks()}
    before = {name: weights(net) for name, net in nets.items()}
    losses = step(model)
    assert list(losses) == ["G_GAN", "G_L1", "D_real", "D_fake"]
    assert all(math.isfinite(value) for value in losses.values())
    assert {name: changed(net, before[name]) for name, net in nets.items()} == {"scan": False, "G": True, "D": True}
    assert not any(p.requires_grad for p in model.scan_generators[0].parameters())


def test_it_can_learn_without_a_discriminator(tmp_path):
    model = make(tmp_path, "--lambda_GAN=0")
    before = weights(model.netG)
    assert list(step(model)) == ["G_L1"]
    assert changed(model.netG, before)
    model.save_networks("latest")
    assert not list(tmp_path.rglob("*_net_D.pth"))
    half, whole = (make(tmp_path / weight, f"--lambda_GAN={weight}") for weight in ("0.5", "1"))
    losses = [step(each) for each in (half, whole)]
    assert losses[0]["G_GAN"] == pytest.approx(losses[1]["G_GAN"] / 2, rel=1e-5)
    assert losses[0]["G_L1"] == losses[1]["G_L1"]


def test_squared_errors_ask_for_the_mean_of_what_is_possible(tmp_path):
    """Of one scan with two colorings, twice as often the one as the other; of absolute errors it is the median."""
    results = []
    for argv in (["--lambda_L2=100", "--lambda_L1=0"], ["--lambda_L1=100"]):
        model = make(tmp_path / argv[0], "--lambda_GAN=0", "--batch_size=3", "--lr=0.01", "--norm=instance", *argv)
        for _ in range(150):
            model.set_input({"B": torch.tensor([-0.5, -0.5, 0.7]).view(3, 1, 1, 1).expand(3, 3, 16, 16), "B_paths": []})
            model.real_A = torch.zeros(3, 1, 16, 16)
            model.optimize_parameters()
        results.append(model.fake_B.mean().item())
    assert results == pytest.approx([-0.1, -0.5], abs=0.05)
    assert list(make(tmp_path, "--lambda_GAN=0", "--lambda_L2=1").metric_names) == ["G_L1", "G_L2"]


def test_errors_of_color_apart_from_those_of_lightness(tmp_path):
    model = make(tmp_path, "--lambda_GAN=0", "--lambda_L1=0", "--lambda_chroma=3")
    assert list(step(model)) == ["G_L1", "G_chroma"]
    before = weights(model.netG)
    for color, counts in (((0.3, 0.3, 0.3), False), ((0.3, 0, 0), True)):
        model.real_B = model.fake_B.detach() + torch.tensor(color).view(3, 1, 1)  # differs by a grey, by a red
        model.forward()
        model.backward_G()
        assert (model.loss_G_chroma.item() > 1e-3) == counts
    assert not changed(model.netG, before)
    model.optimizer_G.step()
    assert changed(model.netG, before)
    with pytest.raises(UserError, match="--output_nc 3"):
        make(tmp_path / "grey", "--lambda_chroma=1", "--output_nc=1")


@pytest.mark.parametrize("mode", ["lsgan", "wgangp"])
def test_its_own_networks_learn_together(tmp_path, mode):
    """Those of the defaults, with attention that has begun to count."""
    networks = ["--netG=attn_unet", "--netD=attention", "--ngf=4", "--ndf=4", "--stages=32"]
    model = make(tmp_path, *networks, f"--gan_mode={mode}")
    for net in (model.netG, model.netD):
        for module in net.modules():
            if isinstance(module, SelfAttention):
                module.gamma.data.fill_(0.1)
    model.set_input(batch(size=32))
    model.optimize_parameters()
    assert all(math.isfinite(value) for value in model.get_current_losses().values())
    for net in model.networks().values():
        gradients = [p.grad for name, p in net.named_parameters() if name.endswith("gamma")]
        assert len(gradients) == 3
        assert all(gradient is not None and gradient.isfinite() and gradient != 0 for gradient in gradients)


def test_the_scans_are_those_of_the_scan_generator(tmp_path):
    model = make(tmp_path)
    model.set_input(batch())
    with torch.no_grad():
        assert torch.equal(model.real_A, model.scan_generators[0](batch()["B"]))
    assert model.real_A.shape == (2, 1, 16, 16)
    assert not model.real_A.requires_grad


def test_of_several_scan_generators_each_batch_takes_one(tmp_path):
    paths = [str(scan_weights(tmp_path / f"{seed}.pth", seed=seed)) for seed in (1, 2, 3)]
    model = make(tmp_path, "--scan_generator", *paths, new=False)
    with torch.no_grad():
        possible = [net(batch()["B"]) for net in model.scan_generators]

    def taken(model):
        model.set_input(batch())
        return [torch.equal(model.real_A, scans) for scans in possible].index(True)

    drawn = [taken(model) for _ in range(40)]
    assert set(drawn) == {0, 1, 2}
    model.save_networks("latest")
    checkpoint.save(model.state_dict(), tmp_path / "state.pth")
    following = [taken(model) for _ in range(10)]
    for path in paths:  # the run has copies
        Path(path).unlink()
    resumed = make(tmp_path, "--continue_train", new=False)
    resumed.load_state_dict(checkpoint.load(tmp_path / "state.pth"))
    assert [taken(resumed) for _ in range(10)] == following


def test_noise_on_the_scans(tmp_path):
    clean, noisy = make(tmp_path), make(tmp_path, "--scan_noise", "0.1")
    for model in (clean, noisy):
        model.set_input(batch())
    difference = noisy.real_A - clean.real_A
    assert difference.std().item() == pytest.approx(0.1, rel=0.2)
    assert noisy.real_A.abs().max() <= 1
    noisy.set_input(batch())
    assert not torch.equal(noisy.real_A - clean.real_A, difference)


def test_scans_may_have_more_tones(tmp_path):
    model = make(tmp_path, "--scan_tones=1")
    coloring = torch.full((2, 3, 16, 16), 0.3)
    model.set_input({"B": coloring, "B_paths": ["1", "2"]})
    with torch.no_grad():
        plain = model.scan_generators[0](coloring)
    assert (model.real_A <= plain).all()
    assert (model.real_A < plain).any()
    assert torch.equal(model.real_B, coloring)


def test_scans_may_be_made_of_other_colors(tmp_path):
    model = make(tmp_path, "--scan_recolor=0.5")
    model.set_input(batch())
    assert torch.equal(model.real_B, batch()["B"])  # what is to come out stays
    with torch.no_grad():
        usual = model.scan_generators[0](batch()["B"])
    kept = []
    for _ in range(30):
        model.set_input(batch())
        kept += [torch.allclose(made, own, atol=1e-6) for made, own in zip(model.real_A, usual, strict=True)]
    assert 15 < sum(kept) < 45
    always = make(tmp_path, "--scan_recolor=1")  # the default
    usually = ["--model=colorizer", "--dataroot=unused", f"--scan_generator={tmp_path / 'scan.pth'}"]
    assert TrainOptions().parse(usually).scan_recolor == 1
    always.set_input(batch())
    assert not any(torch.allclose(made, own, atol=1e-3) for made, own in zip(always.real_A, usual, strict=True))


def test_two_time_scales(tmp_path):
    model = make(tmp_path)
    assert model.learning_rates() == {"G": 1e-4, "D": 4e-4}
    model = make(tmp_path, "--lr", "0.01", "--lr_D", "0.02", "--niter", "1", "--niter_decay", "1")
    assert model.learning_rates() == {"G": 0.01, "D": 0.02}
    model.update_learning_rate()
    assert model.learning_rates() == {"G": 0.005, "D": 0.01}


def test_the_weight_of_L1_may_fall(tmp_path):
    model = make(tmp_path, "--stages=16,32", "--niter=2", "--niter_decay=1", "--lambda_L1_final=2")
    seen = []
    for epoch in range(1, 7):
        model.start_epoch(epoch)
        seen.append(model.lambda_L1)
    assert seen == pytest.approx([10, 8.4, 6.8, 5.2, 3.6, 2])
    assert make(tmp_path).lambda_L1 == 10


def test_the_critic_may_learn_more_often(tmp_path):
    model = make(tmp_path, "--gan_mode=wgangp", "--n_critic=3")
    learned = []
    for number in range(7):
        before_G, before_D = weights(model.netG), weights(model.netD)
        step(model, number)
        learned.append(changed(model.netG, before_G))
        assert changed(model.netD, before_D)
    assert learned == [True, False, False, True, False, False, True]


def test_without_a_discriminator_no_step_is_its_own(tmp_path):
    model = make(tmp_path, "--lambda_GAN=0", "--n_critic=3")
    for number in range(2):
        before = weights(model.netG)
        step(model, number)
        assert changed(model.netG, before)


def test_a_loss_that_a_run_goes_on_with_is_there_when_only_the_critic_learns(tmp_path):
    model = make(tmp_path, "--n_critic=2")
    step(model)
    other = make(tmp_path, "--n_critic=2", "--lambda_L2=1")
    other.load_state_dict(model.state_dict())
    step(other)
    assert other.get_current_losses()["G_L2"] == 0


def test_a_new_stage_empties_the_pool_of_small_images(tmp_path):
    model = make(tmp_path, "--stages=16,32", "--niter=1", "--niter_decay=0")
    step(model)
    assert len(model.fake_AB_pool.images) == 2
    model.start_epoch(2)
    assert model.fake_AB_pool.images == []
    model.set_input(batch(1, 32))
    model.optimize_parameters()


def test_going_on_repeats_what_would_have_come(tmp_path):
    argv = ["--n_critic=2", "--scan_noise=0.1", "--dropout"]
    model = make(tmp_path, *argv)
    for number in range(3):
        step(model, number)
    model.save_networks("latest")
    checkpoint.save(model.state_dict(), tmp_path / "state.pth")
    ahead = [step(model, number) for number in range(3, 7)]

    (tmp_path / "scan.pth").unlink()  # the run keeps its own copy
    resumed = make(tmp_path, *argv, "--continue_train", new=False)
    resumed.load_state_dict(checkpoint.load(tmp_path / "state.pth"))
    assert [step(resumed, number) for number in range(3, 7)] == ahead


def test_a_frozen_encoder_has_no_optimizer_state(tmp_path):
    checkpoint.save(resnet18().state_dict(), tmp_path / "resnet18.pth")
    encoder = ["--netG=attn_unet", "--encoder=resnet18", f"--encoder_weights={tmp_path}/resnet18.pth"]
    free, frozen = make(tmp_path, *encoder), make(tmp_path, *encoder, "--freeze_encoder")
    before = weights(frozen.netG.encoder)
    step(frozen)
    step(free)
    assert not changed(frozen.netG.encoder, before)
    assert changed(free.netG.encoder, before)
    own = len(list(frozen.netG.parameters())) - len(list(frozen.netG.encoder.parameters()))
    assert len(frozen.optimizer_G.state_dict()["state"]) == own
    assert len(free.optimizer_G.state_dict()["state"]) == len(list(free.netG.parameters()))


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ([], "give --scan_generator FOLDER_OF_A_RUN"),
        (["--scan_generator={}/nowhere"], "no scan generator .*/nowhere: give the folder of a run, or a file"),
        (["--scan_generator={}/grey.pth"], "makes scans of images with 1 channels: give --output_nc 1"),
        (["--scan_generator={}/other.pth"], "is no generator that is known here"),
        (["--scan_generator={}/unknown"], "unknown/latest_net_G_B.pth is no generator that is known here"),
        (["--scan_generator={}/empty"], "empty has no generator coloring → scan: give the folder of a CycleGAN run"),
        (["--scan_generator={}/scan.pth", "--direction=BtoA"], "leave out --direction BtoA"),
        (["--scan_generator={}/scan.pth", "--netG=attn_unet", "--encoder=resnet18", "--encoder_weights=nowhere.pth"],
         "no weights nowhere.pth: check --encoder_weights"),
        (["--scan_generator={}/scan.pth", "--lr_policy=plateau", "--lambda_L1_final=1"], "leave out one of them"),
        (["--scan_generator={}/scan.pth", "--dataset_mode=aligned"], "give --dataset_mode coloring"),
        (["--scan_generator={}/scan.pth", "--freeze_encoder"], "add --netG attn_unet and --encoder"),
        (["--scan_generator={}/scan.pth", "--netG=attn_unet", "--encoder=resnet18", "--freeze_encoder"],
         "would keep random weights: give --encoder_weights"),
    ],
)  # fmt: skip
def test_refusals(tmp_path, argv, told):
    scan_weights(tmp_path / "scan.pth")
    scan_weights(tmp_path / "grey.pth", input_nc=1)
    checkpoint.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    checkpoint.save({"a": torch.zeros(1)}, tmp_path / "unknown" / "latest_net_G_B.pth")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=told):
        make(tmp_path, *(text.format(tmp_path) for text in argv), new=False)
    assert not (tmp_path / "checkpoints").exists()


def test_the_scan_generator_of_a_run(tmp_path):
    """G_B of a CycleGAN, whose domains differ in channels."""
    run = tmp_path / "checkpoints" / "stage1"
    options = TrainOptions()
    opt = options.parse(
        ["--dataroot=unused", f"--checkpoints_dir={tmp_path}/checkpoints", "--name=stage1", "--gpu_ids=-1", "--ngf=4",
         "--ndf=2", "--netG=scan", "--netD=attention", "--input_nc=1"]
    )  # fmt: skip
    stage_one = create_model(opt)
    stage_one.setup(opt)
    options.save(opt)
    stage_one.save_networks("latest")
    model = make(tmp_path, f"--scan_generator={run}", new=False)
    model.set_input(batch())
    with torch.no_grad():
        assert torch.equal(model.real_A, stage_one.netG_B(batch()["B"]))
