"""What made scans tell of the colors, beside what true ones tell."""
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models.networks import define_G
from scripts import make_demo_dataset, measure_scans
from scripts.evaluation.sources import find_references
from tests.helpers import run_main
from util import checkpoint
from util.color import to_channels
from util.errors import UserError


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    run_main(make_demo_dataset, "--out", folder / "data", "--pages=0", "--val=2", "--test=0")
    net = define_G(3, 1, 4, "scan")
    checkpoint.save(net.state_dict(), folder / "scans.pth")
    return folder


def rows(text: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {title: values for title, *values in cells[2:]}


class Grey(nn.Module):
    """Draws everything as light as it is."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return to_channels(x, 1)


def test_tones_as_light_as_the_colors_tell_them(world):
    pages = find_references(None, world / "data", "val")
    makers = measure_scans.made_by(Grey(), "grey", torch.device("cpu"))
    greys = [measure_scans.page_greys(pages, name, 256, list(makers.values())) for name in pages.labels]
    told = rows(measure_scans.table(["true scans", *makers], np.concatenate(greys, axis=1)))
    assert float(told["grey"][0]) > 0.99
    assert float(told["grey, other colors"][0]) < 0.9
    assert float(told["true scans"][0]) < 0.8
    assert all(sum(int(share.strip("%")) for share in shares) in (99, 100, 101) for _, *shares in told.values())
    assert told["grey"][1] != told["true scans"][1] != "0%"


def test_the_figures_of_files_of_weights_that_may_have_one_name(world, tmp_path, capsys):
    files = [world / "scans.pth", tmp_path / "scans.pth"]
    files[1].symlink_to(files[0])
    run_main(measure_scans, *files, "--dataroot", world / "data", "--gpu_ids=-1", "--width=256")
    titles = [f"{path}{colors}" for path in files for colors in ("", ", other colors")]
    assert list(rows(capsys.readouterr().out)) == ["true scans", *titles]


def test_without_label_maps_there_are_no_parts(world, tmp_path):
    for side in "AB":
        (tmp_path / f"val{side}").symlink_to(world / "data" / f"val{side}")
    with pytest.raises(UserError, match="has no valA, valB and valL of the same pages"):
        run_main(measure_scans, world / "scans.pth", "--dataroot", tmp_path, "--gpu_ids=-1")
