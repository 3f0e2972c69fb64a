"""Write the generator of a run as an ONNX model, for programs without Python or without torch.

    python scripts/export_onnx.py checkpoints/onepiece --out onepiece.onnx
    python scripts/export_onnx.py checkpoints/onepiece --out to_scans.onnx --direction BtoA
    python scripts/export_onnx.py downloads/latest_net_G.pth --out color.onnx     # weights alone

Its input `page` is (batch, channels, height, width), float32 in [-1, 1], its output `coloring` likewise, as high and
as wide as the page. Any size will do: what the network needs beyond it is added and cut off again inside the model.

What the network makes is what it makes in test.py: norms use the statistics of the page itself, in batch norm too (so
that pages of one batch do not change each other), except in ResNet encoders, or with --eval, where batch norm uses
those of the training. Dropout is off.

The metadata of the model tell its name, how pixels become numbers, the channels, the stride and, where the run tells
it, the scale of the pages that it was trained on. Where onnxruntime is installed, its picture is compared with torch's.
"""
import argparse
import importlib.util
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.trained import load_generator, locate_generator, needs_eval
from options.test_options import SCALE
from util.errors import UserError, reported
from util.files import replacing
from util.option_types import Parser

if TYPE_CHECKING:  # only who exports needs the package
    from onnx import ModelProto

INPUT, OUTPUT = "page", "coloring"
AXES = {0: "batch", 2: "height", 3: "width"}
OPSETS = range(18, 24)  # which torch's exporter writes
# Sizes that are no multiples of any stride, so that the padding is in the graph; a batch of 1 would be taken for fixed.
EXAMPLE, CHECKED = (2, 70, 45), (1, 83, 57)
TOLERANCE = 1e-3  # of values in [-1, 1]; 8 bits tell 8e-3 apart


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("run", type=Path, help="the folder of the run, or a file of weights")
    add("--out", type=Path, required=True, help="the model to write")
    add("--direction", choices=("AtoB", "BtoA"), help="of a CycleGAN; by default the one that was trained")
    add("--epoch", default="latest", help="whose weights")
    add("--eval", action="store_true", help="batch norm with the statistics of the training, as in test.py --eval")
    add("--opset", type=int, choices=OPSETS, help="version of ONNX's operators; by default torch's choice")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    if not args.run.exists():
        raise UserError(f"no run {args.run}: give the folder of a run, such as checkpoints/NAME, or a file of weights")
    if args.out.is_dir():
        raise UserError(f"--out {args.out} is a folder: name the file to write, such as {args.out / 'color.onnx'}")
    require_onnx()
    found, saved = locate_generator(args.run, args.epoch, args.direction)
    net = for_export(load_generator(found), args.eval or needs_eval(saved | found.architecture))
    metadata = describe(args.run.resolve(), net, found.architecture, saved)
    model = to_onnx(net, found.architecture["input_nc"], metadata, args.opset)
    difference = save(model, net, found.architecture["input_nc"], args.out)
    print(f"{found.path} as {args.out}: {args.out.stat().st_size / 2**20:.1f} MiB")
    print(usage(metadata, difference))


def describe(run: Path, net: nn.Module, architecture: dict[str, Any], saved: dict[str, Any]) -> dict[str, str]:
    """The metadata of the model: what a program must know to feed it."""
    metadata = {
        "name": run.stem if run.is_file() else run.name,
        "normalization": "value / 127.5 - 1",
        "input_channels": str(architecture["input_nc"]),
        "output_channels": str(architecture["output_nc"]),
        "stride": str(net.stride),
    }
    scale = {key: saved[key] for key in (*SCALE, "crop_part") if key in saved}
    return metadata | {"scale": json.dumps(scale)} if scale else metadata


def usage(metadata: dict[str, str], difference: float | None) -> str:
    """What the metadata and the check say, for people."""
    taken, given = metadata["input_channels"], metadata["output_channels"]
    kinds = {"1": "grey", "3": "RGB"}
    lines = [
        f"feed it {INPUT} (batch, {taken}, height, width), float32, {kinds.get(taken, 'each channel')} / 127.5 - 1",
        f"it gives {OUTPUT} (batch, {given}, height, width): {kinds.get(given, 'each channel')} is (value + 1) * 127.5",
    ]
    if "scale" in metadata:
        lines.append(f"the scale of the pages that it was trained on: {metadata['scale']}")
    if difference is None:
        lines.append("not checked: after `pip install onnxruntime` its picture is compared with torch's")
    else:
        lines.append(f"onnxruntime's picture and torch's differ by {difference:.1e} at most, in values from -1 to 1")
    return "\n".join(lines)


def require_onnx() -> None:
    """Raise UserError where packages that torch exports with are missing."""
    missing = [name for name in ("onnx", "onnxscript") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"the export needs {' and '.join(missing)}: pip install onnx onnxscript")


class PageNorm(nn.Module):
    """Group norm in plain arithmetic, from the mean of each row up: (N, C, H, W) → the same shape.

    groups: as many as there are channels make it instance norm. Runtimes may add up a large map number by number;
    onnxruntime's own instance norm so puts a page of 1115 × 1601 pixels off by 6e-3, this one by 1e-5.
    """

    def __init__(self, groups: int, norm: nn.InstanceNorm2d | nn.GroupNorm | nn.BatchNorm2d) -> None:
        super().__init__()
        self.groups, self.eps, self.weight, self.bias = groups, norm.eps, norm.weight, norm.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.groups == x.shape[1]:
            maps = self._normalized(x)
        else:  # the channels of a group below each other
            maps = self._normalized(x.reshape(x.shape[0], self.groups, -1, x.shape[3])).reshape(x.shape)
        return maps if self.weight is None else maps * self.weight[:, None, None] + self.bias[:, None, None]

    def _normalized(self, maps: torch.Tensor) -> torch.Tensor:
        maps = maps - _mean(maps)
        return maps / (_mean(maps * maps) + self.eps).sqrt()


def _mean(maps: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) → (N, C, 1, 1)."""
    return maps.mean(3, keepdim=True).mean(2, keepdim=True)


def for_export(net: nn.Module, eval_mode: bool) -> nn.Module:
    """A generator as it is exported, changed in place: no dropout, and norms with the statistics of each page; those
    of the training stay in batch norms in eval_mode."""
    net.eval().requires_grad_(False)
    for parent in list(net.modules()):
        for name, norm in parent.named_children():
            if isinstance(norm, nn.GroupNorm):
                setattr(parent, name, PageNorm(norm.num_groups, norm))
            elif isinstance(norm, nn.InstanceNorm2d) or (isinstance(norm, nn.BatchNorm2d) and not eval_mode):
                setattr(parent, name, PageNorm(norm.num_features, norm))
    return net


def to_onnx(net: nn.Module, input_nc: int, metadata: dict[str, str], opset: int | None = None) -> "ModelProto":
    """A network as ONNX model of free batch, height and width, with `metadata` and nothing of this machine in it."""
    from onnx.helper import set_model_props

    batch, height, width = EXAMPLE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of its own innards
        program = torch.onnx.export(
            net, (torch.zeros(batch, input_nc, height, width),), dynamo=True, dynamic_shapes=(AXES,),
            input_names=[INPUT], output_names=[OUTPUT], opset_version=opset, verbose=False,
        )  # fmt: skip
    assert program is not None  # only the exporter before dynamo returns nothing
    model = program.model_proto
    graph = model.graph
    # Traces of the source files, as large as a small model, and sizes as formulas of the padding.
    for part in (graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("metadata_props")
    graph.ClearField("value_info")
    for axis, name in AXES.items():
        graph.output[0].type.tensor_type.shape.dim[axis].dim_param = name
    set_model_props(model, metadata)
    return model


def save(model: "ModelProto", net: nn.Module, input_nc: int, path: Path) -> float | None:
    """Write the model, and tell by how much its picture differs from that of `net` at most; None: not checked.

    Raises UserError, and writes nothing, where that is too much or the file can't be written.
    """
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(model.SerializeToString())
            difference = _largest_difference(temporary, net, input_nc)
            if difference is not None and not difference <= TOLERANCE:
                raise UserError(f"onnxruntime's picture and torch's differ by {difference:.1e}: {path} is not written")
    except OSError as error:
        raise UserError(f"can't write --out {path} ({error.strerror}): name another place") from error
    return difference


def _largest_difference(model: Path, net: nn.Module, input_nc: int) -> float | None:
    """Between the pictures that onnxruntime and torch make of a random page; None without onnxruntime."""
    try:
        import onnxruntime
    except ImportError:
        return None
    batch, height, width = CHECKED
    page = torch.rand(batch, input_nc, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1
    try:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's have no base of their own
        raise UserError(f"the onnxruntime installed here can't read the model, try a lower --opset: {error}") from error
    (made,) = session.run([OUTPUT], {INPUT: page.numpy()})
    with torch.no_grad():
        return float((torch.from_numpy(made) - net(page)).abs().max())


if __name__ == "__main__":
    with reported():
        main()
