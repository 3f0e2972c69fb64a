"""Encoders of the attention U-Net: from an image to its maps at a half, a quarter … a thirty-second of its size."""
import torch
from torch import nn
from torchvision.models import resnet18, resnet34, resnet50

RESNETS = {"resnet18": resnet18, "resnet34": resnet34, "resnet50": resnet50}
# Of the images that torchvision's weights were trained on, RGB in [0, 1].
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class Encoder(nn.Module):
    """(N, C, H, W) in [-1, 1], H and W multiples of 32 → five maps, H/2 first; `channels` are theirs."""

    channels: tuple[int, ...]

    def __init__(self) -> None:
        super().__init__()
        self.frozen = False

    def freeze(self) -> None:
        """Keep the weights as they are; norms use their saved statistics from now on."""
        self.frozen = True
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "Encoder":
        super().train(mode and not self.frozen)
        return self


class ConvEncoder(Encoder):
    """Five pairs of 3×3 convolutions, the first of each with stride 2, with instance norm."""

    def __init__(self, input_nc: int, ngf: int) -> None:
        super().__init__()
        self.channels = (ngf, 2 * ngf, 4 * ngf, 8 * ngf, 8 * ngf)
        inputs = (input_nc, *self.channels)
        self.levels = nn.ModuleList(
            nn.Sequential(
                *_conv_block(before, channels, stride=2), *_conv_block(channels, channels, stride=1)
            )
            for before, channels in zip(inputs, self.channels, strict=False)
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        maps = []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        return maps


class ResnetEncoder(Encoder):
    """torchvision's ResNet without its head, keys as there; grey goes in repeated, normalised as it was trained.

    mean, std: of the images that the weights were trained on, RGB in [0, 1]; saved with the weights.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, name: str) -> None:
        super().__init__()
        resnet = RESNETS[name]()
        self.channels = (64, *(64 * 2**i * resnet.layer1[0].expansion for i in range(4)))
        self.conv1, self.bn1, self.relu, self.maxpool = resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool
        self.layer1, self.layer2 = resnet.layer1, resnet.layer2
        self.layer3, self.layer4 = resnet.layer3, resnet.layer4
        for key, values in zip(("mean", "std"), IMAGENET, strict=True):
            self.register_buffer(key, torch.tensor(values).view(3, 1, 1))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = ((x + 1) / 2 - self.mean) / self.std  # one channel becomes three here
        x = self.relu(self.bn1(self.conv1(x)))
        maps = [x]
        x = self.maxpool(x)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            maps.append(x)
        return maps


def _conv_block(input_nc: int, output_nc: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(input_nc, output_nc, 3, stride, padding=1), nn.InstanceNorm2d(output_nc, affine=True),
        nn.LeakyReLU(0.2, True),
    ]  # fmt: skip
