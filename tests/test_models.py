"""What is optimised: a few steps of each training scheme, what they touch, and going on exactly where one stopped."""
import math
import sys
from pathlib import Path

import pytest
import torch

import models
from models import BaseModel, create_model, find_model
from models.networks.losses import GAN_MODES
from options.train_options import TrainOptions
from util import checkpoint
from util.errors import UserError
from util.image_pool import ImagePool

TINY = [
    "--gpu_ids=-1", "--ngf=2", "--ndf=2", "--netG=resnet_6blocks", "--netD=n_layers", "--n_layers_D=1",
    "--norm=instance", "--fineSize=16",
]  # fmt: skip


def make(folder: Path, *argv: str) -> BaseModel:
    """A tiny model, ready to train, whose run is in `folder`."""
    opt = TrainOptions().parse(["--dataroot", "unused", "--checkpoints_dir", str(folder), *TINY, *argv])
    model = create_model(opt)
    model.setup(opt)
    model.train()
    return model


def batch(number: int = 0, A_nc: int = 3, B_nc: int = 3, size: int = 16) -> dict:
    chance = torch.Generator().manual_seed(number)
    images = {s: torch.rand(1, nc, size, size, generator=chance) * 2 - 1 for s, nc in (("A", A_nc), ("B", B_nc))}
    return images | {"A_paths": [f"A{number}"], "B_paths": [f"B{number}"]}


def step(model: BaseModel, number: int = 0, **form: int) -> dict[str, float]:
    model.set_input(batch(number, **form))
    model.optimize_parameters()
    return model.get_current_losses()


def weights(model: BaseModel) -> dict[str, torch.Tensor]:
    return {f"{n}.{k}": v.clone() for n, net in model.networks().items() for k, v in net.state_dict().items()}


@pytest.mark.parametrize("mode", GAN_MODES)
@pytest.mark.parametrize("name", ["cycle_gan", "pix2pix"])
def test_steps_change_every_weight_and_stay_finite(tmp_path, name, mode):
    model = make(tmp_path, "--model", name, "--gan_mode", mode)
    before = weights(model)
    for number in range(3):
        losses = step(model, number)
        assert list(losses) == model.loss_names
        assert all(math.isfinite(value) for value in losses.values())
    after = weights(model)
    still = [key for key in after if key.endswith("weight") and torch.equal(before[key], after[key])]
    assert still == []
    assert all(value.isfinite().all() for value in after.values())
    assert math.isclose(model.metric().item(), sum(losses[n] for n in model.metric_names), rel_tol=1e-6)
    for image in model.get_current_visuals().values():
        assert image.shape == (1, 3, 16, 16)


@pytest.mark.parametrize("name", ["cycle_gan", "pix2pix"])
def test_each_side_learns_from_its_own_losses_only(tmp_path, name, monkeypatch):
    model = make(tmp_path, "--model", name)
    nets = model.networks()
    spoiled = []

    def watch(optimizer: torch.optim.Optimizer, own: str) -> None:
        """Before each step of `optimizer`, note the networks of the other side that its backward pass touched."""
        real_step = optimizer.step

        def step_and_look() -> None:
            for key, net in nets.items():
                touched = any(p.grad is not None and p.grad.any() for p in net.parameters())
                if key.startswith(own) != touched:
                    spoiled.append((own, key))
                net.zero_grad() if not key.startswith(own) else None
            real_step()
            for net in nets.values():
                net.zero_grad()

        monkeypatch.setattr(optimizer, "step", step_and_look)

    watch(model.optimizer_G, "G")
    watch(model.optimizer_D, "D")
    step(model)
    step(model, 1)
    assert spoiled == []


def test_domains_may_differ_in_channels(tmp_path):
    model = make(tmp_path, "--input_nc", "1", "--output_nc", "3")
    losses = step(model, A_nc=1)
    assert {"idt_A", "idt_B"} <= losses.keys()
    shown = {name: image.shape[1] for name, image in model.get_current_visuals().items()}
    assert shown == {
        "real_A": 1, "fake_B": 3, "rec_A": 1, "idt_B": 1, "real_B": 3, "fake_A": 1, "rec_B": 3, "idt_A": 3
    }  # fmt: skip


def test_identity_switched_off(tmp_path):
    model = make(tmp_path, "--lambda_identity", "0")
    assert list(step(model)) == ["D_A", "G_A", "cycle_A", "D_B", "G_B", "cycle_B"]
    assert "idt_A" not in model.get_current_visuals()


def test_weights_of_the_losses(tmp_path):
    plain = step(make(tmp_path))
    heavy = step(make(tmp_path, "--lambda_A", "20", "--lambda_B", "40", "--lambda_identity", "1"))
    ratios = {key: heavy[key] / plain[key] for key in ("cycle_A", "cycle_B", "idt_A", "idt_B", "G_A")}
    expected = {"cycle_A": 2, "cycle_B": 4, "idt_A": 8, "idt_B": 4, "G_A": 1}
    assert ratios == pytest.approx(expected, rel=1e-5)


def test_generators_may_differ(tmp_path):
    model = make(tmp_path, "--netG_A", "unet_128", "--netG_B", "resnet_9blocks")
    assert [type(net).__name__ for net in (model.netG_A, model.netG_B)] == ["UnetGenerator", "ResnetGenerator"]
    assert any("model.18." in key for key in model.netG_B.state_dict())
    assert isinstance(make(tmp_path, "--netG_A", "unet_128").netG_B, type(model.netG_B))


@pytest.mark.parametrize("name", ["cycle_gan", "pix2pix"])
def test_direction_swaps_the_sides(tmp_path, name):
    forth, back = (make(tmp_path, "--model", name, "--direction", d) for d in ("AtoB", "BtoA"))
    given = batch()
    for model in (forth, back):
        model.set_input(given)
    assert torch.equal(forth.real_A, given["A"])
    assert torch.equal(back.real_A, given["B"])
    assert torch.equal(back.real_B, given["A"])
    assert (forth.get_image_paths(), back.get_image_paths()) == (["A0"], ["B0"])


def test_scans_of_true_pairs_may_have_more_tones(tmp_path):
    given = batch()
    for chance, toned in (("0", False), ("1", True)):
        model = make(tmp_path, "--model", "pix2pix", "--scan_tones", chance)
        model.set_input(given)
        assert torch.equal(model.real_A, given["A"]) != toned
        assert torch.equal(model.real_B, given["B"])


@pytest.mark.parametrize("name", ["cycle_gan", "pix2pix"])
def test_the_same_seed_gives_the_same_weights(tmp_path, name):
    first, again, other = (weights(make(tmp_path, "--model", name, "--seed", s)) for s in "338")
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", ["cycle_gan", "pix2pix"])
@pytest.mark.parametrize(("policy", "optimizer"), [("lambda", "adam"), ("plateau", "adam"), ("lambda", "muon")])
def test_going_on_equals_never_having_stopped(tmp_path, name, policy, optimizer):
    argv = ["--model", name, "--pool_size", "2", "--gan_mode", "wgangp", "--niter", "1", "--lr_policy", policy,
            "--optimizer", optimizer]
    model = make(tmp_path, *argv)  # pix2pix with dropout
    for number in range(4):
        step(model, number)
        model.update_learning_rate(1.0)
    model.save_networks("latest")
    checkpoint.save(model.state_dict(), tmp_path / "state.pth")
    expected = [step(model, number) for number in range(4, 8)]

    torch.manual_seed(99)
    resumed = make(tmp_path, *argv, "--continue_train")
    resumed.load_state_dict(checkpoint.load(tmp_path / "state.pth"))
    assert [step(resumed, number) for number in range(4, 8)] == expected
    assert resumed.learning_rates() == model.learning_rates()
    resumed_weights = weights(resumed)
    assert all(torch.equal(value, resumed_weights[key]) for key, value in weights(model).items())


@pytest.mark.parametrize(
    ("changed", "rate", "beta1"),
    [
        ((), 0.0002 * 0.5, 0.5),
        (("--lr", "0.5"), 0.25, 0.5),
        (("--beta1", "0.9"), 0.0002 * 0.5, 0.9),
        (("--niter", "9"), 0.0002, 0.5),
        (("--epoch_count", "1"), 0.0002, 0.5),
    ],
)
def test_what_is_given_wins_over_the_saved_state(tmp_path, changed, rate, beta1):
    argv = ["--niter", "1", "--niter_decay", "3"]
    model = make(tmp_path, *argv)
    step(model)
    for _ in range(2):  # to epoch 3
        model.update_learning_rate(1.0)
    resumed = make(tmp_path, *argv, *changed)
    resumed.load_state_dict(model.state_dict())
    assert resumed.learning_rates() == pytest.approx({"G": rate, "D": rate})
    assert resumed.optimizer_G.param_groups[0]["betas"] == (beta1, 0.999)


def test_a_run_goes_on_with_the_optimizer_that_it_began_with(tmp_path):
    model = make(tmp_path, "--optimizer", "muon")
    with pytest.raises(UserError, match="this run learns with --optimizer muon"):
        make(tmp_path).load_state_dict(model.state_dict())


def test_pools_hold_no_images_of_another_size(tmp_path):
    model = make(tmp_path, "--fineSize", "16")
    step(model)
    for size, kept in (("16", 1), ("12", 0)):
        resumed = make(tmp_path, "--fineSize", size)
        resumed.load_state_dict(model.state_dict())
        resumed.start_epoch(1)
        assert len(resumed.fake_B_pool.images) == kept


def test_what_a_checkpoint_was_made_with_is_told(tmp_path):
    make(tmp_path, "--name", "run", "--netG_B", "unet_128").save_networks("latest")
    with pytest.raises(UserError, match=r"latest_net_G_A\.pth .* with --ngf 2: give these"):
        make(tmp_path, "--name", "run", "--ngf", "3", "--continue_train")
    with pytest.raises(UserError, match=r"latest_net_G_B\.pth .* with --netG unet_128: give these"):
        make(tmp_path, "--name", "run", "--continue_train")
    with pytest.raises(UserError, match=r"latest_net_D_A\.pth .* with --ndf 2: give these"):
        make(tmp_path, "--name", "run", "--netG_B", "unet_128", "--ndf", "3", "--continue_train")


def pool_with(*values: float, size: int) -> ImagePool:
    pool = ImagePool(size)
    for value in values:
        pool.query(torch.full((1, 1, 1, 1), value))
    return pool


def test_a_pool_fills_first():
    images = torch.arange(3.0).view(3, 1, 1, 1)
    pool = ImagePool(3)
    assert torch.equal(pool.query(images), images)
    assert [image.item() for image in pool.images] == [0, 1, 2]


def test_a_full_pool_swaps_half_of_the_time():
    pool, odds = pool_with(*range(50), size=50), 0
    for value in range(50, 2050):
        kept = {image.item() for image in pool.images}
        got = pool.query(torch.full((1, 1, 1, 1), float(value))).item()
        now = {image.item() for image in pool.images}
        odds += got != value
        assert (now == kept) if got == value else (now == kept - {got} | {value})
    assert odds / 2000 == pytest.approx(0.5, abs=0.04)


def test_a_pool_of_none_hands_back_and_detaches():
    images = torch.rand(2, 3, 4, 4, requires_grad=True)
    for pool in (ImagePool(0), ImagePool(5)):
        got = pool.query(images)
        assert torch.equal(got, images)
        assert not got.requires_grad
    assert ImagePool(0).images == []


def test_a_pool_goes_on_from_its_state():
    pool = pool_with(*range(20), size=7)
    resumed = ImagePool(7, seed=5)
    resumed.load_state_dict(pool.state_dict(), torch.device("cpu"))
    for value in range(20, 60):
        image = torch.full((1, 1, 1, 1), float(value))
        assert torch.equal(pool.query(image), resumed.query(image))


NEW_MODEL = '''
from models.cycle_gan_model import CycleGANModel

class BrandNewModel(CycleGANModel):
    @staticmethod
    def modify_commandline_options(parser, is_train):
        CycleGANModel.modify_commandline_options(parser, is_train)
        parser.add_argument("--brand", type=int, default=7)
        parser.set_defaults(pool_size=3)
        return parser
'''


@pytest.fixture
def models_folder(tmp_path, monkeypatch):
    """A folder whose files count as models, beside those that exist."""
    real = Path(models.__file__).parent
    for path in real.glob("*_model.py"):
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(models, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setattr(models, "__path__", [str(real), str(tmp_path)])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("models.brand_")]:
        del sys.modules[name]


def test_a_new_model_is_one_file(models_folder):
    (models_folder / "brand_new_model.py").write_text(NEW_MODEL)
    model = make(models_folder, "--model", "brand_new", "--brand", "8")
    assert type(model).__name__ == "BrandNewModel"
    assert (model.opt.brand, model.opt.pool_size) == (8, 3)
    assert math.isfinite(step(model)["G_A"])


def test_a_model_file_without_its_class(models_folder):
    (models_folder / "brand_x_model.py").write_text("class Other: pass\n")
    with pytest.raises(UserError, match="has no subclass of BaseModel called brandxmodel"):
        find_model("brand_x")


def test_unknown_models_tell_what_there_is():
    with pytest.raises(UserError, match="unknown model nonsense: choose one of colorizer, cycle_gan, pix2pix, test"):
        find_model("nonsense")
