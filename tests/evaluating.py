"""What the tests of scripts/evaluate.py share: small runs, a small data set, calling the script."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from models.networks import define_G
from scripts import evaluate
from util import checkpoint
from util.errors import reported

OPTIONS = {
    "input_nc": 1, "output_nc": 3, "ngf": 4, "netG": "resnet_6blocks", "norm": "instance", "no_dropout": True,
    "direction": "AtoB", "resize_or_crop": "none", "loadSize": 64, "fineSize": 56,
}  # fmt: skip
SIZE = (32, 48)
PARTS = [None, {"name": "ren.hair", "owner": "ren", "color": [220, 40, 40]},
         {"name": "sky", "owner": None, "color": [40, 60, 220]}]  # fmt: skip
COLORS = [(220, 40, 40), (40, 60, 220)]


def save_run(folder: Path, seed: int = 0, **options: object) -> Path:
    """A run whose generator has learned nothing."""
    folder.mkdir(parents=True)
    network = define_G(1, 3, 4, "resnet_6blocks", norm="instance", generator=torch.Generator().manual_seed(seed))
    checkpoint.save(network.state_dict(), folder / "latest_net_G.pth")
    (folder / "opt.json").write_text(json.dumps(OPTIONS | options), encoding="utf-8")
    return folder


def save_data(root: Path, names: list[str], *, truths: bool = True, labels: bool = False) -> Path:
    """Drawings of two parts, each a rectangle that lies elsewhere in each of them."""
    for place, name in enumerate(names):
        scan, truth = Image.new("L", SIZE, "white"), Image.new("RGB", SIZE, "white")
        parts = np.zeros(SIZE[::-1], np.uint16)
        for number, color in enumerate(COLORS, start=1):
            left, top, right, bottom = box = 2 + place % 5, 22 * number - 18, 26, 22 * number
            ImageDraw.Draw(scan).rectangle(box, outline=0)
            ImageDraw.Draw(truth).rectangle(box, fill=color, outline=0)
            parts[top + 1 : bottom, left + 1 : right] = number
        _save(scan, root / f"valA/{name}.png")
        if truths:
            _save(truth, root / f"valB/{name}.png")
        if labels:
            _save(Image.fromarray(parts), root / f"valL/{name}.png")
    if labels:
        (root / "labels.json").write_text(json.dumps(PARTS), encoding="utf-8")
    return root


def _save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def call(capsys: pytest.CaptureFixture, *argv: object) -> tuple[int | str | None, str, str]:
    """Runs the script; gives its exit status (None: no mistake), stdout and stderr."""
    status: int | str | None = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["evaluate.py", *map(str, argv)])
        try:
            with reported():
                evaluate.main()
        except SystemExit as stop:
            status = stop.code
    return status, *capsys.readouterr()
