"""What the machine can do at most: the speed of its matrix products, convolutions and copies, in every format."""
from collections.abc import Iterator

import torch
import torch.nn.functional as F

from scripts.benchmarking.hardware import Format, computing, formats
from scripts.benchmarking.rows import Report, Row
from scripts.benchmarking.timing import Effort, Work, compare, warm_up

SECTION = "ceilings"
MATRIX = {"cuda": 8192, "cpu": 2048, "quick": 64}  # its side
# Of the residual blocks, where most of the work of a CycleGAN is: images, channels, side.
CONVOLUTION = {"cuda": (32, 256, 64), "cpu": (2, 256, 64), "quick": (1, 16, 16)}
COPY = {"cuda": 2**30, "cpu": 2**28, "quick": 2**20}  # bytes
LAYOUTS = {"": torch.contiguous_format, ", channels_last": torch.channels_last}

Item = tuple[str, Work, float]  # name; what to do; its floating-point operations, or bytes


def measure(effort: Effort, report: Report) -> dict[str, float]:
    """Rows of each; FLOP/s of convolutions, forward and backward together, by format, in the better layout."""
    items: dict[str, Item] = {}
    for format in formats(effort.device):
        for build in (_product, _convolutions):
            with report.attempt(SECTION, f"{build.__name__.strip('_')}, {format.name}"):
                for item in build(format, effort):
                    warm_up(item[1], effort.device)
                    items[item[0]] = item
    for name, copy, size in _copies(effort):
        with report.attempt(SECTION, name):
            warm_up(copy, effort.device)
            items[name] = (name, copy, size)
    seconds, errors = compare({name: work for name, work, _ in items.values()}, effort)
    for name, _, amount in items.values():
        if name in errors:
            report.fail(SECTION, name, errors[name])
        elif name.startswith("copy"):
            report.add(Row(SECTION, name, seconds[name], amount / seconds[name], "B/s"))
        else:
            report.add(Row(SECTION, name, seconds[name], flops=amount))
    return _of_convolutions(items, seconds, effort)


def _product(format: Format, effort: Effort) -> Iterator[Item]:
    side = MATRIX[effort.scale]
    first, second = (torch.randn(side, side, device=effort.device).to(format.dtype) for _ in range(2))

    def multiply() -> None:
        with computing(format):
            torch.mm(first, second)

    yield f"matrix product, {format.name}", multiply, 2 * side**3


def _convolutions(format: Format, effort: Effort) -> Iterator[Item]:
    images, channels, side = CONVOLUTION[effort.scale]
    flops = 2 * images * channels**2 * 9 * side**2
    shapes = [(images, channels, side, side), (images, channels, side, side), (channels, channels, 3, 3)]
    for layout, memory_format in LAYOUTS.items():
        maps, gradient, weight = (
            torch.randn(shape, device=effort.device).to(format.dtype, memory_format=memory_format) for shape in shapes
        )
        forward, backward = _passes(maps, weight, gradient, format)
        yield f"convolution forward, {format.name}{layout}", forward, flops
        yield f"convolution backward, {format.name}{layout}", backward, 2 * flops


def _passes(maps: torch.Tensor, weight: torch.Tensor, gradient: torch.Tensor, format: Format) -> tuple[Work, Work]:
    def forward() -> None:
        with computing(format):
            F.conv2d(maps, weight, padding=1)

    def backward() -> None:
        with computing(format):
            torch.ops.aten.convolution_backward(
                gradient, maps, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False]
            )

    return forward, backward


def _copies(effort: Effort) -> Iterator[Item]:
    """Within the memory of the device, where each byte is read and written; and from the machine to a GPU."""
    size = COPY[effort.scale]
    source = torch.ones(size, dtype=torch.uint8, device=effort.device)
    target = torch.empty_like(source)
    yield "copy, read and written", lambda: target.copy_(source), 2 * size
    if effort.device.type == "cuda":
        here, part = torch.ones(size // 4, dtype=torch.uint8).pin_memory(), target[: size // 4]
        yield "copy, from pinned memory to the device", lambda: part.copy_(here, non_blocking=True), len(part)


def _of_convolutions(items: dict[str, Item], seconds: dict[str, float], effort: Effort) -> dict[str, float]:
    best: dict[str, float] = {}
    for format in formats(effort.device):
        for layout in LAYOUTS:
            names = [f"convolution {way}, {format.name}{layout}" for way in ("forward", "backward")]
            if all(name in seconds for name in names):
                speed = sum(items[name][2] for name in names) / sum(seconds[name] for name in names)
                best[format.name] = max(best.get(format.name, 0.0), speed)
    return best
