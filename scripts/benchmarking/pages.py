"""Pages through generators of the seed's size, at the scale of a training at 286 pixels."""
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from data.transforms import PageScale
from models.networks import define_G
from models.page_colorizer import PageColorizer
from scripts.benchmarking.hardware import format_of, formats
from scripts.benchmarking.rows import Report, Row
from scripts.benchmarking.timing import Effort, Work, compare, warm_up
from scripts.manga_world import render_page
from util.precision import PRECISIONS

SECTION = "pages"
GENERATORS = ("resnet_9blocks", "attn_unet")
PAGE = (1200, 1720)  # pixels
SCALE = PageScale("resize_and_crop", 286, 256)


def measure(effort: Effort, report: Report, ceilings: dict[str, float]) -> None:
    """Rows of each generator in each precision that the device has units for, and of what happens to a page beside it:
    test.py reads, lays lines and writes while the network works on other pages."""
    page = render_page(0, 0, *((60, 86) if effort.quick else PAGE))[0]
    known = [format.name for format in formats(effort.device) if format.name in PRECISIONS]
    for kind in GENERATORS:
        colorizers: dict[str, PageColorizer] = {}
        for precision in known:
            with report.attempt(SECTION, f"{kind}, {precision}"):
                net = define_G(3, 3, 4 if effort.quick else 64, kind, "instance")
                colorizer = PageColorizer(net, 3, SCALE, effort.device, precision=precision)
                warm_up(partial(colorizer.run, colorizer.prepare(page)), effort.device)
                colorizers[precision] = colorizer
        if colorizers:
            _tell(kind, page, colorizers, effort, report, ceilings)


def _tell(
    kind: str, page: Image.Image, colorizers: dict[str, PageColorizer], effort: Effort, report: Report,
    ceilings: dict[str, float],
) -> None:  # fmt: skip
    first = next(iter(colorizers.values()))
    pixels = first.prepare(page)
    flops = _flops(first, pixels)
    works: dict[str, Work] = {name: partial(colorizer.run, pixels) for name, colorizer in colorizers.items()}
    beside = "scaling and laying lines"
    painting = first.run(pixels)
    works[beside] = lambda: (first.prepare(page), first.finish(page, painting))
    seconds, errors = compare(works, effort)
    for name, value in seconds.items():
        if name == beside:
            report.add(Row(SECTION, f"{kind}, {beside}", value, 60 / value, "pages/min"))
            continue
        ceiling = ceilings.get(format_of(colorizers[name].dtype, effort.device))
        share = flops / value / ceiling if ceiling else None
        report.add(Row(SECTION, f"{kind}, {name}", value, 60 / value, "pages/min", flops, share))
    for name, error in errors.items():
        report.fail(SECTION, f"{kind}, {name}", error)


def _flops(colorizer: PageColorizer, pixels: np.ndarray) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        colorizer.net(torch.zeros(1, 3, *pixels.shape[:2], device=colorizer.device))
    return counter.get_total_flops()
