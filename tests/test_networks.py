"""What is computed: sizes, initial weights, objectives, and what weights tell about their network."""
import math

import pytest
import torch
from torch import nn

from models.networks import DISCRIMINATORS, ENCODERS, GENERATORS, GANLoss, define_D, define_G, gradient_penalty
from models.networks.foreign import infer_generator, infer_options
from models.networks.layers import INITS, NORMS, init_weights
from models.networks.losses import GAN_MODES
from models.networks.patchgan import NLayerDiscriminator
from util.errors import UserError

SIZES = [(1, 1), (1, 9), (3, 2), (7, 8), (8, 8), (33, 5), (64, 64), (70, 37)]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("netG", GENERATORS)
def test_generators_give_back_any_size(netG, norm):
    net = define_G(1, 3, 4, netG, norm, generator=seeded(0))
    for training in (True, False):
        net.train(training)
        for height, width in SIZES:
            with torch.no_grad():
                output = net(torch.rand(1, 1, height, width, generator=seeded(1)) * 2 - 1)
            assert output.shape == (1, 3, height, width)
            assert output.isfinite().all()
            assert output.abs().max() <= 1


@pytest.mark.parametrize("netG", ["resnet_6blocks", "unet_128"])
def test_padding_changes_nothing_where_none_is_needed(netG):
    net = define_G(3, 3, 4, netG, "instance")
    image = torch.rand(1, 3, 128, 128)
    with torch.no_grad():
        assert torch.equal(net(image), net.model(image))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("netD", "layers", "patches"), [("basic", 9, 6), ("n_layers", 1, 30), ("n_layers", 2, 14), ("n_layers", 4, 2),
                                    ("pixel", 3, 64), ("attention", 9, 6)])  # fmt: skip
def test_discriminators_judge_patches(netD, layers, patches, norm):
    net = define_D(3, 4, netD, layers, norm)
    assert net(torch.rand(2, 3, 64, 64)).shape == (2, 1, patches, patches)


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_smallest_input_of_a_discriminator(layers):
    net, side = define_D(3, 4, "n_layers", layers, "instance"), NLayerDiscriminator.smallest_input(layers)
    assert net(torch.rand(1, 3, side, side)).shape == (1, 1, 1, 1)
    with pytest.raises(UserError, match=f"an image of {side} x {side - 1} pixels is too small"):
        net(torch.rand(1, 3, side - 1, side))


def initialised(init_type: str, gain: float, seed: int = 0) -> nn.Sequential:
    """A convolution from 32 to 64 channels, fan in 288 and fan out 576, with batch norm, initialised."""
    net = nn.Sequential(nn.Conv2d(32, 64, 3), nn.BatchNorm2d(64))
    nn.init.constant_(net[0].bias, 7.0)
    init_weights(net, init_type, gain, seeded(seed))
    return net


@pytest.mark.parametrize(
    ("init_type", "deviation", "of_norms"),
    [
        ("normal", 0.05, 0.05), ("xavier", 0.05 * math.sqrt(2 / (288 + 576)), 0.02),
        ("kaiming", math.sqrt(2 / 288), 0.02),
    ],
)  # fmt: skip
def test_deviation_of_initial_weights(init_type, deviation, of_norms):
    convolution, norm = initialised(init_type, 0.05)
    assert convolution.weight.std().item() == pytest.approx(deviation, rel=0.02)
    assert abs(convolution.weight.mean().item()) < 0.02 * deviation
    assert not convolution.bias.any()
    assert norm.weight.std().item() == pytest.approx(of_norms, rel=0.3)
    assert norm.weight.mean().item() == pytest.approx(1, abs=0.03)
    assert not norm.bias.any()


def test_orthogonal_initial_weights():
    rows = initialised("orthogonal", 0.05)[0].weight.flatten(1)
    assert torch.allclose(rows @ rows.T, 0.05**2 * torch.eye(64), atol=1e-6)


@pytest.mark.parametrize("init_type", INITS)
def test_initial_weights_follow_from_the_seed(init_type):
    first, again, other = (initialised(init_type, 0.02, seed)[0].weight for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: define_G(3, 3, 4, "resnet"), "--netG resnet: choose one of resnet_9blocks, resnet_6blocks, unet_64"),
        (lambda: define_D(3, 4, "huge"), "--netD huge: choose one of basic, n_layers, pixel"),
        (lambda: define_G(3, 3, 4, "unet_128", norm="layer"), "--norm layer: choose one of instance, batch, none"),
        (lambda: define_D(3, 4, "basic", init_type="zero"), "--init_type zero: choose one of normal, xavier"),
        (lambda: GANLoss("hinge"), "--gan_mode hinge: choose one of lsgan, vanilla, wgangp"),
    ],
)
def test_unknown_names_tell_what_there_is(build, told):
    with pytest.raises(UserError, match=f"unknown {told}"):
        build()


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("use_dropout", [False, True])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("netG", sorted(GENERATORS.keys() - {"scan", "attn_unet"}))
def test_weights_tell_their_generator(netG, norm, use_dropout, parallel):
    net = define_G(1, 3, 6, netG, norm, use_dropout)
    told = infer_generator((nn.DataParallel(net) if parallel else net).state_dict())
    plain_unet = netG.startswith("unet")  # whose dropout leaves no trace, as that of palette_unet
    assert told == {"netG": netG, "input_nc": 1, "output_nc": 3, "ngf": 6, "norm": norm} | (
        {} if plain_unet else {"no_dropout": not use_dropout or netG == "palette_unet"}
    )


@pytest.mark.parametrize("use_dropout", [False, True])
def test_weights_tell_a_scan_generator(use_dropout):
    net = define_G(3, 1, 6, "scan", use_dropout=use_dropout)
    assert infer_generator(net.state_dict()) == {
        "netG": "scan", "input_nc": 3, "output_nc": 1, "ngf": 6, "norm": "instance", "no_dropout": not use_dropout
    }  # fmt: skip


@pytest.mark.parametrize("encoder", ENCODERS)
def test_weights_tell_an_attention_unet(encoder):
    net = define_G(1, 3, 6, "attn_unet", encoder=encoder)
    told = infer_generator(net.state_dict())
    assert told == {
        "netG": "attn_unet", "input_nc": 1, "output_nc": 3, "ngf": 6, "norm": "instance", "no_dropout": True,
        "encoder": encoder,
    }  # fmt: skip


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("netD", "layers", "told"),
    [("basic", 9, {"netD": "basic"}), ("n_layers", 2, {"netD": "n_layers", "n_layers_D": 2}),
     ("pixel", 9, {"netD": "pixel"}), ("attention", 9, {"netD": "attention"})],
)  # fmt: skip
def test_weights_tell_their_discriminator(netD, layers, told, norm):
    assert infer_options(define_D(3, 6, netD, layers, norm).state_dict()) == told | {"ndf": 6, "norm": norm}


@pytest.mark.parametrize("netD", DISCRIMINATORS)
def test_other_weights_tell_no_generator(netD):
    assert infer_generator(define_D(3, 4, netD).state_dict()) == {}
    assert infer_generator({"some.weight": torch.zeros(3)}) == {}


@pytest.mark.parametrize(
    ("netG", "lost"), [("resnet_6blocks", "model.23.weight"), ("unet_128", "model.model.3.weight")]
)
def test_generators_that_lack_weights_tell_nothing(netG, lost):
    state = define_G(3, 3, 4, netG).state_dict()
    del state[lost]
    assert infer_generator(state) == {}


PREDICTION = torch.tensor([[0.0, 2.0], [-1.0, 0.5]])
EXPECTED = {
    # mean of (p - 1)²; mean of p²
    "lsgan": ((1 + 1 + 4 + 0.25) / 4, (0 + 4 + 1 + 0.25) / 4),
    # mean of log(1 + e^-p); mean of log(1 + e^p)
    "vanilla": tuple(sum(math.log1p(math.exp(s * p)) for p in (0, 2, -1, 0.5)) / 4 for s in (-1, 1)),
    "wgangp": (-1.5 / 4, 1.5 / 4),
}


@pytest.mark.parametrize("mode", GAN_MODES)
def test_objectives_by_hand(mode):
    real, fake = EXPECTED[mode]
    assert GANLoss(mode)(PREDICTION, True).item() == pytest.approx(real)
    assert GANLoss(mode)(PREDICTION, False).item() == pytest.approx(fake)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic(slope):
    direction = torch.randn(3 * 4 * 4, generator=seeded(0))
    critic = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, 1))
    critic[1].weight.data = (slope * direction / direction.norm()).unsqueeze(0)
    real, fake = torch.randn(2, 5, 3, 4, 4, generator=seeded(1))
    penalty = gradient_penalty(critic, real, fake, seeded(2))
    assert penalty.item() == pytest.approx(10 * (slope - 1) ** 2, abs=1e-4)
    penalty.backward()
    assert critic[1].weight.grad.isfinite().all()


def test_gradient_penalty_is_taken_between_real_and_fake():
    seen = []

    def critic(points: torch.Tensor) -> torch.Tensor:
        seen.append(points.detach())
        return points.flatten(1).square().sum(1)

    real, fake = torch.zeros(64, 1, 2, 2), torch.ones(64, 1, 2, 2)
    gradient_penalty(critic, real, fake, seeded(0))
    mix = seen[0].flatten(1)
    assert torch.equal(mix.amin(1), mix.amax(1))  # one weight an image
    assert 0 <= mix.min() < 0.1 < 0.9 < mix.max() <= 1
    assert len(mix[:, 0].unique()) == 64
