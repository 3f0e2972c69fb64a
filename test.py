"""Color drawings with a trained generator.

    python test.py --dataroot scans --name onepiece                  # a folder (or one image)
    python test.py --dataroot datasets/demo --name onepiece --phase val        # its valA
    python test.py --dataroot colorings --name onepiece --direction BtoA       # colorings → scans

The architecture and the scale come from checkpoints/NAME/opt.json. Every image comes out as
results/NAME/PHASE_EPOCH/images/NAME.png; index.html beside them shows input and output side by side.
`python test.py --help` tells every option.
"""
import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from data import ImageLoader, create_dataset
from models import BaseModel, create_model
from options.test_options import TestOptions
from util.errors import reported
from util.html import HTML
from util.images import tensor2im
from util.progress import duration
from util.visualizer import save_images


def main() -> None:
    opt = TestOptions().parse()
    dataset = create_dataset(opt)
    model = create_model(opt)
    model.setup(opt)
    page = results_page(opt)
    try:
        color(opt, dataset, model, page)
    finally:  # what was done is worth a look, whatever came after
        page.save()
    print(f"to look at: {page.web_dir / 'index.html'}")


def color(opt: argparse.Namespace, dataset: ImageLoader, model: BaseModel, page: HTML) -> None:
    """Run the model on up to --num_test items and put what it gives on the page and beside it."""
    if opt.eval:
        model.eval()
    count = int(min(opt.num_test, len(dataset)))
    names = dataset.dataset.names()
    for batch, name in zip(tqdm(first(dataset, count), total=count, unit="img", disable=None), names, strict=False):
        model.set_input(batch)
        model.test()
        visuals = {label: tensor2im(image) for label, image in model.get_current_visuals().items()}
        save_images(page, visuals, str(name), opt.aspect_ratio, opt.display_winsize)
    print(f"{count} images done with {opt.name}, epoch {opt.epoch}")


def first(dataset: ImageLoader, count: int) -> Iterator[dict[str, Any]]:
    """The first `count` batches, without reading more."""
    for _, batch in zip(range(count), dataset, strict=False):
        yield batch


def results_page(opt: argparse.Namespace) -> HTML:
    """The empty page results/NAME/PHASE_EPOCH/index.html, which says what the weights are."""
    folder = Path(opt.results_dir) / opt.name / f"{opt.phase}_{opt.epoch}"
    page = HTML(folder, f"{opt.name}, {opt.phase}, epoch {opt.epoch}")
    history = Path(opt.checkpoints_dir) / opt.name / "training.json"
    if history.is_file():
        told = json.loads(history.read_text(encoding="utf-8"))
        page.add_text(
            f"Weights trained for {told['epochs']} epochs, {told['images']} images, in "
            f"{duration(told['seconds'])} on {told['machine']}, by: {told['command']}"
        )
    return page


if __name__ == "__main__":
    with reported():
        main()
