"""Color drawings, pages and whole volumes with a trained generator.

    python test.py --dataroot chapter_1001.cbz --name onepiece       # an archive, a PDF, a folder, an image, several
    python test.py --dataroot chapter_1001.cbz --name onepiece --layers ora     # layers to finish by hand
    python test.py --dataroot datasets/demo --name onepiece --phase val        # its valA
    python test.py --dataroot colorings --name onepiece --direction BtoA       # colorings → scans
    torchrun --nproc_per_node=4 test.py --dataroot volumes --name onepiece     # pages shared out over processes

The architecture and the scale come from checkpoints/NAME/opt.json. Pages come out at their own size in
results/NAME/PHASE_EPOCH/images, volumes in the form that they came in beside it; index.html shows before and after.
Interrupted? The same command goes on where it stopped. Pages that could not be read are named at the end, and the exit
status is 1. `python test.py --help` tells every option.
"""
import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from data import ImageLoader, create_dataset
from data.pages import Limits, Volume, find_volumes
from data.single_dataset import source_folder
from data.transforms import PageScale
from models import BaseModel, create_model
from models.base_model import bare
from models.page_colorizer import PageColorizer
from models.test_model import TestModel
from models.volume_colorizer import VolumeColorizer
from models.volume_results import Done, Results, writing_results
from options.test_options import TestOptions
from util.device import own_gpu
from util.distributed import Processes, joined
from util.errors import UserError, reported
from util.html import HTML
from util.images import tensor2im
from util.progress import duration
from util.visualizer import save_images


def main() -> int:
    opt = TestOptions().parse()
    if opt.model == "test":
        with joined() as processes:
            return color_volumes(opt, processes)
    show_visuals(opt)
    return 0


# Pages and volumes

def color_volumes(opt: argparse.Namespace, processes: Processes) -> int:
    """Color everything that was given; the exit status."""
    if not opt.dataroots:
        raise UserError("no data: give --dataroot and a folder, an image, a CBZ or a PDF")
    roots = [source_folder(Path(root), opt.phase, opt.direction) for root in opt.dataroots]
    limits = Limits(opt.max_megapixels, opt.max_entry_mb, opt.max_volume_gb, opt.max_entries)
    volumes, problems = find_volumes(roots, limits)
    volumes = without_results(volumes, roots, results_folder(opt))
    problems += [problem for volume in volumes for problem in volume.problems]

    told_before = history(opt)
    if processes.count > 1:
        opt.gpu_ids = own_gpu(opt.gpu_ids if "gpu_ids" in opt.explicit else None, processes.local_rank)
    model = TestModel(opt)
    model.setup(opt)
    if opt.layers and not model.found.forward:
        raise UserError("--layers needs a generator that colors. Drop --layers or --direction BtoA.")
    if opt.layers and opt.keep_lines is False:
        raise UserError("--layers needs the page's own ink. Drop --layers or --no-keep_lines.")
    results = Results(
        results_folder(opt), opt.output_format, opt.image_format, opt.quality, opt.aspect_ratio, not opt.no_html,
        opt.layers,
    )  # fmt: skip
    # Of the first for all: what processes compute with may differ, what they know of each other may not.
    known = processes.share(settings(opt, model))
    colorizer = VolumeColorizer(page_colorizer(opt, model), results, known, opt.recolor, processes)
    done = colorizer.color(volumes, min(opt.num_test, opt.max_dataset_size))
    if not processes.first:
        return 0
    problems += [f"{Path(page.volume, page.page)}: {page.note}" for page in done.values() if page.is_problem]
    problems += [problem for problem in colorizer.left_out if problem not in problems]
    told = summary(list(done.values()), colorizer.busy)
    with writing_results():
        if not opt.no_html:
            page = results.write_pages(volumes, done, title(opt), [*told_before, told], problems)
        colorizer.forget()

    print(told)
    print(f"to look at: {results.folder if opt.no_html else page}")
    for problem in problems:
        print(f"problem: {problem}", file=sys.stderr)
    return 1 if problems else 0


def without_results(volumes: list[Volume], roots: Sequence[Path], folder: Path) -> list[Volume]:
    """The volumes that are not results of an earlier run. Raises UserError where results were given."""
    folder = folder.resolve()
    for root in roots:
        if root.resolve().is_relative_to(folder):
            raise UserError(f"{root} lies where the results go: give another --results_dir")
    return [volume for volume in volumes if not volume.path.resolve().is_relative_to(folder)]


def page_colorizer(opt: argparse.Namespace, model: TestModel) -> PageColorizer:
    """The model's generator, for pages."""
    return PageColorizer(
        bare(model.netG), opt.input_nc, PageScale.from_options(vars(opt)), model.device,
        makes_colorings=model.found.forward, keep_lines=opt.keep_lines, tile=opt.tile, eval_norms=opt.eval,
        precision=opt.precision, clean_paper=opt.clean_paper, flats=opt.flats,
    )  # fmt: skip


def settings(opt: argparse.Namespace, model: TestModel) -> dict[str, Any]:
    """All that a colored page depends on, beside the page itself."""
    names = (
        "direction", "eval", "resize_or_crop", "loadSize", "fineSize", "crop_part", "page_size", "panel_size",
        "keep_lines",
        "clean_paper", "flats", "recolor", "output_format", "image_format", "quality", "aspect_ratio", "no_html",
        "layers",
    )  # fmt: skip
    weights = sha256(model.found.path.read_bytes()).hexdigest()
    sources = [str(Path(root).resolve()) for root in opt.dataroots]
    found = {name: getattr(opt, name) for name in names}
    found |= {"weights": weights, "sources": sources, "dtype": str(model.dtype)}
    return json.loads(json.dumps(found))  # as it is compared with what was written


def summary(done: Sequence[Done], busy: float) -> str:
    """How many pages became what, in a line."""
    counts = Counter(page.outcome for page in done)
    parts = [f"{counts['colored']} colored"]
    parts += [f"{counts['kept']} left alone, being colored already or blank"] if counts["kept"] else []
    parts += [f"{counts['failed']} could not be read"] if counts["failed"] else []
    return f"{len(done)} pages: {', '.join(parts)}; the network was at work {busy:.0%} of the time"


# What a training model makes of a data set: every picture it has to show

def show_visuals(opt: argparse.Namespace) -> None:
    """Run a model as in training and show its pictures side by side."""
    dataset = create_dataset(opt)
    model = create_model(opt)
    model.setup(opt)
    page = HTML(results_folder(opt), title(opt))
    for line in history(opt):
        page.add_text(line)
    try:
        run(opt, dataset, model, page)
    finally:  # what was done is worth a look, whatever came after
        page.save()
    print(f"to look at: {page.web_dir / 'index.html'}")


def run(opt: argparse.Namespace, dataset: ImageLoader, model: BaseModel, page: HTML) -> None:
    """Run the model on up to --num_test items and put what it gives on the page and beside it."""
    if opt.eval:
        model.eval()
    count = int(min(opt.num_test, len(dataset)))
    names = dataset.dataset.names()
    batches = tqdm(islice(dataset, count), total=count, unit="img", disable=None)
    for batch, name in zip(batches, names, strict=False):
        model.set_input(batch)
        model.test()
        visuals = {label: tensor2im(image) for label, image in model.get_current_visuals().items()}
        save_images(page, visuals, str(name), opt.aspect_ratio, opt.display_winsize)
    print(f"{count} images done with {opt.name}, epoch {opt.epoch}")


# Both

def results_folder(opt: argparse.Namespace) -> Path:
    return Path(opt.results_dir) / opt.name / f"{opt.phase}_{opt.epoch}"


def title(opt: argparse.Namespace) -> str:
    return f"{opt.name}, {opt.phase}, epoch {opt.epoch}"


def history(opt: argparse.Namespace) -> list[str]:
    """What the weights are, where training.json beside them tells."""
    path = Path(opt.checkpoints_dir) / opt.name / "training.json"
    if not path.is_file():
        return []
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        counted = f"{int(told['epochs'])} epochs, {int(told['images'])} images, in {duration(told['seconds'])}"
        line = f"The run was trained for {counted} on {told['machine']}, by: {told['command']}"
        return [" ".join(line.split()).encode(errors="replace").decode()]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(f"{path} can't be read ({error}): mend or remove it") from error


if __name__ == "__main__":
    with reported():
        sys.exit(main())
