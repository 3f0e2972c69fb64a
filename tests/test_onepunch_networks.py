"""The networks of the OnePunch method: attention, pixel shuffle, encoders and their pretrained weights."""
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import resnet18, resnet50

from models.networks import define_D, define_G
from models.networks.attention_unet import AttentionUnet
from models.networks.foreign import load_encoder
from models.networks.layers import INITS, SelfAttention, SubpixelConv2d, init_weights
from models.networks.scan_generator import ScanGenerator
from util import checkpoint
from util.errors import UserError


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_attention_by_hand():
    attention = SelfAttention(2)
    x = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])  # 2 channels at 2 positions
    assert torch.equal(attention(x), x)  # γ begins at 0
    attention.gamma.data.fill_(0.5)
    attention.project.weight.data = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).view(2, 2, 1, 1)
    # x xᵀ / 2 = [[2.5, 0.5], [0.5, 5]]; W x = [[1, 2], [4, 1]]
    expected = x + 0.5 * torch.tensor([[[[4.5, 5.5]], [[20.5, 6.0]]]])
    assert torch.allclose(attention(x), expected)


def test_attention_means_the_same_at_page_size():
    attention = SelfAttention(4)
    attention.gamma.data.fill_(1.0)
    small = torch.randn(2, 4, 8, 8, generator=seeded(0))
    assert torch.allclose(attention(small.repeat(1, 1, 3, 5)), attention(small).repeat(1, 1, 3, 5), atol=1e-5)


@pytest.mark.parametrize("init_type", INITS)
def test_pixel_shuffle_begins_without_a_checkerboard(init_type):
    net = nn.Sequential(SubpixelConv2d(8, 5), nn.PixelShuffle(2))
    init_weights(net, init_type, generator=seeded(0))
    output = net(torch.randn(1, 8, 6, 6, generator=seeded(1)))
    assert output.std() > 0
    blocks = output.unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.equal(blocks, blocks[..., :1, :1].expand_as(blocks))


@pytest.mark.parametrize("ngf", [6, 24, 32])
def test_the_scan_generator_has_a_skip_from_its_first_block(ngf):
    """Fine detail arrives although it can't pass the maps of a quarter of the size."""
    net = ScanGenerator(3, 1, ngf)
    nn.init.zeros_(net.last[0].weight[:, :ngf])  # what comes up from below
    image = torch.zeros(1, 3, 16, 16)
    image[:, :, ::2] = 1
    assert net(image).std() > 1e-3


def test_attention_is_where_the_maps_are_largest():
    unet = AttentionUnet(1, 3, 4)
    assert [any(isinstance(m, SelfAttention) for m in block.modules()) for block in unet.decoder] == [
        False, False, True, True, True
    ]  # fmt: skip
    layers = [type(layer).__name__ for layer in define_D(3, 4, "attention", norm="instance").model]
    block = ["Conv2d", "InstanceNorm2d", "LeakyReLU"]
    attended = [*block, "SelfAttention"]
    assert layers == ["Conv2d", "LeakyReLU", "SelfAttention", *attended, *attended, *block, "Conv2d"]


def test_the_scan_generator_has_a_skip_around_its_blocks():
    net = ScanGenerator(3, 1, 8)
    assert [type(block).__name__ for block in net.blocks] == ["ResnetBlock"] * 6
    image = torch.rand(1, 3, 16, 16, generator=seeded(0))
    small = net.down(net.first(image))
    seen = []
    net.up.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    net(image)
    assert torch.allclose(seen[0], small + net.blocks(small))


@pytest.mark.parametrize("encoder", ["conv", "resnet18", "resnet50"])
def test_encoders_halve_five_times(encoder):
    net = AttentionUnet(1, 3, 4, encoder=encoder)
    maps = net.encoder(torch.rand(1, 1, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (c, 32 >> i, 48 >> i) for i, c in enumerate(net.encoder.channels)
    ]  # fmt: skip


def as_danbooru(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """torchvision's state_dict of a ResNet in the layout of those pretrained on Danbooru."""
    children = {"conv1": "0.0", "bn1": "0.1", "layer1": "0.4", "layer2": "0.5", "layer3": "0.6", "layer4": "0.7"}
    renamed = {}
    for key, value in state.items():
        child, _, rest = key.partition(".")
        if child in children:
            renamed[f"{children[child]}.{rest}"] = value
    return renamed | {"1.8.weight": torch.zeros(5, 512), "1.8.bias": torch.zeros(5)}


@pytest.mark.parametrize("layout", ["torchvision", "danbooru"])
def test_pretrained_encoders(tmp_path, layout):
    reference = resnet18().eval()
    state = reference.state_dict()
    checkpoint.save(as_danbooru(state) if layout == "danbooru" else state, tmp_path / "weights.pth")
    net = define_G(1, 3, 4, "attn_unet", encoder="resnet18", generator=seeded(0)).eval()
    before = net.decoder[0].model[0].weight.clone()
    load_encoder(net.encoder, tmp_path / "weights.pth")
    assert torch.equal(net.decoder[0].model[0].weight, before)

    grey = torch.rand(1, 1, 64, 64, generator=seeded(1)) * 2 - 1
    mean, std = {
        "torchvision": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        "danbooru": ((0.7137, 0.6628, 0.6519), (0.2970, 0.3017, 0.2979)),
    }[layout]
    rgb = ((grey + 1) / 2).repeat(1, 3, 1, 1)
    x = (rgb - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    x = reference.maxpool(reference.relu(reference.bn1(reference.conv1(x))))
    x = reference.layer4(reference.layer3(reference.layer2(reference.layer1(x))))
    assert torch.allclose(net.encoder(grey)[-1], x, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: resnet50().state_dict(), "it is a resnet50: give --encoder resnet50"),
        (lambda: {k: v for k, v in resnet18().state_dict().items() if k != "layer2.0.conv1.weight"},
         r"as resnet18 it has 1 missing \(first: layer2.0.conv1.weight\)"),
        (lambda: {"a.weight": torch.zeros(3)}, "as resnet18 it has .* missing"),
    ],
)  # fmt: skip
def test_weights_that_are_not_for_this_encoder(tmp_path: Path, change, told):
    checkpoint.save(change(), tmp_path / "weights.pth")
    net = AttentionUnet(1, 3, 4, encoder="resnet18")
    with pytest.raises(UserError, match=rf"{tmp_path}/weights.pth does not fit the encoder: {told}"):
        load_encoder(net.encoder, tmp_path / "weights.pth")


def test_a_frozen_encoder_stays_as_it_is():
    net = AttentionUnet(1, 3, 4, encoder="resnet18")
    net.encoder.freeze()
    net.train()
    assert net.decoder[0].training
    assert not any(module.training for module in net.encoder.modules())
    before = {key: value.clone() for key, value in net.encoder.state_dict().items()}
    net(torch.rand(2, 1, 64, 64)).mean().backward()
    assert all(torch.equal(value, before[key]) for key, value in net.encoder.state_dict().items())
    assert all(p.grad is None for p in net.encoder.parameters())
