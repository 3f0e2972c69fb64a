"""ONNX models made of generators give torch's pictures, at any size."""
import importlib.util
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from PIL import Image
from torch import nn

from models.networks import GENERATORS, init_weights
from models.networks.attention_unet import AttentionUnet
from models.networks.resnet import ResnetGenerator
from models.networks.scan_generator import ScanGenerator
from models.networks.unet import UnetGenerator
from models.trained import load_generator, locate_generator
from scripts import export_onnx
from scripts.manga_world import render_page
from tests.helpers import run_main
from util import checkpoint
from util.errors import UserError, reported

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints" / "manga_color"
# Smaller than the networks take, with two pages in a batch, and a multiple of every stride.
SIZES = [(1, 37, 90), (2, 131, 51), (1, 64, 96)]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stirred(net: nn.Module) -> nn.Module:
    """The network with weights and statistics that all count."""
    chance = seeded(0)
    init_weights(net, gain=0.2, generator=chance)
    for name, value in (*net.named_parameters(), *net.named_buffers()):
        if name.endswith("gamma"):
            value.data.fill_(0.3)
        elif name.endswith(("running_mean", "running_var")):
            value.add_(torch.rand(value.shape, generator=chance) - 0.5)
    return net


def pages(batch: int, channels: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(batch, channels, height, width, generator=seeded(1)) * 2 - 1


@torch.no_grad()
def colored(net: nn.Module, page: torch.Tensor, eval_norms: bool) -> torch.Tensor:
    """What test.py makes of pages, which come one by one there."""
    net.train(not eval_norms)
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    return torch.cat([net(one[None]) for one in page])


def run_model(path: Path, page: torch.Tensor) -> torch.Tensor:
    session = onnxruntime.InferenceSession(path)
    (made,) = session.run(["coloring"], {"page": page.numpy()})
    return torch.from_numpy(made)


def assert_same_pictures(path: Path, net: nn.Module, channels: int, eval_norms: bool) -> None:
    for batch, height, width in SIZES:
        page = pages(batch, channels, height, width)
        made, expected = run_model(path, page), colored(net, page, eval_norms)
        assert made.shape == expected.shape
        assert expected.std() > 0.05
        assert (made - expected).abs().max() < 1e-3


def short_resnet_unet() -> nn.Module:
    """An attention U-Net with a ResNet, whose decoder, the same as ever, is cut short: exports take their time."""
    net = AttentionUnet(1, 3, ngf=4, encoder="resnet18")
    for block in net.decoder:
        block.model = block.model[:3]  # what doubles the size
    return net


@pytest.mark.parametrize(
    ("build", "eval_norms"),
    [
        (lambda: ScanGenerator(1, 3, ngf=12, n_blocks=1, use_dropout=True), False),  # groups of three channels
        (lambda: AttentionUnet(1, 3, ngf=4, use_dropout=True), False),
        (short_resnet_unet, True),
    ],
    ids=["scan", "attention", "attention-resnet18"],
)
def test_the_networks_of_onepunch(tmp_path, build: Callable[[], nn.Module], eval_norms):
    net = stirred(build())
    exported = build()
    exported.load_state_dict(net.state_dict())
    exported = export_onnx.for_export(exported, eval_norms)
    difference = export_onnx.save(export_onnx.to_onnx(exported, 1, {}), exported, 1, tmp_path / "net.onnx")
    assert difference is not None
    assert difference < 1e-3
    assert_same_pictures(tmp_path / "net.onnx", net, 1, eval_norms)


def test_a_file_of_weights(tmp_path, monkeypatch, capsys):
    """A shallow U-Net of the name that its weights tell, whose batch norm takes the statistics of each page."""
    monkeypatch.setitem(GENERATORS, "unet_32", partial(UnetGenerator, num_downs=5))
    net = stirred(UnetGenerator(3, 3, num_downs=5, ngf=4, norm="batch"))
    checkpoint.save(net.state_dict(), tmp_path / "friend.pth")
    run_main(export_onnx, tmp_path / "friend.pth", "--out", tmp_path / "new" / "friend.onnx")
    assert_same_pictures(tmp_path / "new" / "friend.onnx", net, 3, eval_norms=False)
    assert onnxruntime.InferenceSession(tmp_path / "new" / "friend.onnx").get_modelmeta().custom_metadata_map == {
        "name": "friend", "normalization": "value / 127.5 - 1", "input_channels": "3", "output_channels": "3",
        "stride": "32",
    }  # fmt: skip
    out = capsys.readouterr().out
    assert "feed it page (batch, 3, height, width), float32, RGB / 127.5 - 1\n" in out
    assert "onnxruntime's picture and torch's differ by" in out


def test_the_way_back_of_an_older_epoch_with_the_statistics_of_the_training(tmp_path, monkeypatch):
    monkeypatch.setitem(GENERATORS, "resnet_1block", partial(ResnetGenerator, n_blocks=1))
    options = {"input_nc": 1, "output_nc": 3, "ngf": 4, "netG": "resnet_1block", "norm": "batch", "no_dropout": False}
    back = stirred(ResnetGenerator(3, 1, 4, "batch", use_dropout=True, n_blocks=1))
    checkpoint.save(back.state_dict(), tmp_path / "run" / "5_net_G_B.pth")
    (tmp_path / "run" / "opt.json").write_text(json.dumps(options | {"direction": "AtoB"}))
    run_main(
        export_onnx, tmp_path / "run", "--out", tmp_path / "back.onnx", "--direction", "BtoA", "--epoch", "5", "--eval",
        "--opset", "18",
    )  # fmt: skip
    assert_same_pictures(tmp_path / "back.onnx", back, 3, eval_norms=True)
    assert onnx.load(tmp_path / "back.onnx").opset_import[0].version == 18


def test_the_shipped_weights(tmp_path):
    run_main(export_onnx, SHIPPED, "--out", tmp_path / "demo.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "demo.onnx")
    (page,), (coloring,) = session.get_inputs(), session.get_outputs()
    assert (page.name, page.shape) == ("page", ["batch", 1, "height", "width"])
    assert (coloring.name, coloring.shape) == ("coloring", ["batch", 3, "height", "width"])
    metadata = session.get_modelmeta().custom_metadata_map
    saved = json.loads((SHIPPED / "opt.json").read_text())
    scale = json.loads(metadata["scale"])
    assert metadata["name"] == "manga_color"
    assert scale.keys() >= {"loadSize", "fineSize", "resize_or_crop"}
    assert scale.items() <= saved.items()
    assert b"/models/networks" not in (tmp_path / "demo.onnx").read_bytes()  # traces of the export

    scan, *_ = render_page(0, 9000, 401, 601)
    page = torch.from_numpy(np.asarray(scan.convert("L"), np.float32) / 127.5 - 1)[None, None]
    net = load_generator(locate_generator(SHIPPED)[0])
    assert (run_model(tmp_path / "demo.onnx", page) - colored(net, page, eval_norms=True)).abs().max() < 5e-5


def identity(opset: int = 18) -> onnx.ModelProto:
    """A model that gives the page as it is."""
    page, coloring = (make_tensor_value_info(name, 1, ["batch", 1, "h", "w"]) for name in ("page", "coloring"))
    graph = make_graph([make_node("Identity", ["page"], ["coloring"])], "identity", [page], [coloring])
    return make_model(graph, opset_imports=[make_opsetid("", opset)], ir_version=10)


def test_what_differs_is_not_written(tmp_path):
    path = tmp_path / "net.onnx"
    assert export_onnx.save(identity(), nn.Identity(), 1, path) == 0
    path.unlink()
    with pytest.raises(UserError, match=r"differ by .*net\.onnx is not written"):
        export_onnx.save(identity(), nn.Tanh(), 1, path)
    with pytest.raises(UserError, match="can't read the model, try a lower --opset"):
        export_onnx.save(identity(opset=999), nn.Identity(), 1, path)
    assert list(tmp_path.iterdir()) == []


def test_without_onnxruntime_it_says_that_nothing_was_checked(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert export_onnx.save(identity(), nn.Tanh(), 1, tmp_path / "net.onnx") is None
    assert (tmp_path / "net.onnx").is_file()
    assert "not checked" in export_onnx.usage({"input_channels": "1", "output_channels": "3"}, None)


@pytest.mark.parametrize("missing", ["onnx", "onnxscript"])
def test_without_the_packages_of_the_export(tmp_path, monkeypatch, missing):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(UserError, match=f"the export needs {missing}: pip install onnx onnxscript"):
        run_main(export_onnx, SHIPPED, "--out", tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("nowhere --out net.onnx", "no run nowhere: give the folder of a run"),
        ("{demo} --out folder", "--out folder is a folder: name the file to write, such as folder/color.onnx"),
        ("{demo} --out net.onnx --epoch 7", "no generator in {demo}: looked for 7_net_G.pth"),
        ("{demo} --out net.onnx --direction BtoA", "knows no way back"),
        ("{demo} --out net.onnx --opset 3", "argument --opset: invalid choice: 3"),
        ("page.png --out net.onnx", "page.png"),
        ("other.pth --out net.onnx", "other.pth is no generator that is known here"),
        ("{demo}", "the following arguments are required: --out"),
    ],
)
def test_refusals(tmp_path, monkeypatch, capsys, argv, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    Image.new("L", (4, 4)).save("page.png")
    checkpoint.save({"a": torch.zeros(1)}, "other.pth")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stop, reported():
        run_main(export_onnx, *argv.format(demo=SHIPPED).split())
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert told.format(demo=SHIPPED) in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_that_can_not_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"can't write --out .*file/net\.onnx"):
        export_onnx.save(identity(), nn.Identity(), 1, tmp_path / "file" / "net.onnx")
