"""Ways to learn coloring, given the same data and the same time: CycleGAN, the OnePunch method, and true pairs.

    python scripts/compare_methods.py datasets/openmoji --recipe drawings --pairs datasets/openmoji_pairs --out compared
    python scripts/compare_methods.py datasets/hard --recipe pages --pairs datasets/hard_pairs --out compared_pages

DATA holds trainA and trainB, which are no pairs, and the true pairs valA and valB to measure on (with label maps in
valL, if there are any). --pairs holds scans of the colorings in its trainB as trainA: who has these needs no other
method, so they show how much there is to reach. Each method trains for --minutes with each of the --seeds on one
thread: how many images fit into that is found out by short runs first, which is kept in OUT/pace.json. Who has no time
for two epochs of all drawings learns from the first ones. Interrupted? The same command goes on.

Writes OUT/figures.md, OUT/figures.json and OUT/grid.png. What trainings took is in OUT/checkpoints/*/training.json.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import list_images
from scripts.evaluation.coloring import color_drawings
from scripts.evaluation.comparison import READINGS, Row, compare
from scripts.evaluation.scoring import Ruler
from scripts.evaluation.sources import Pictures, find_references
from scripts.evaluation.tables import head, notes_on, number
from scripts.picture_grid import lay_out
from util.errors import UserError, reported
from util.files import write_text
from util.images import save_image
from util.option_types import Parser, minutes, positive

ROOT = Path(__file__).resolve().parents[1]
# Of the grid of pictures: how many drawings, how many of them side by side, and the width of a picture in pixels.
GRIDS = {"drawings": (24, 3, 88), "pages": (4, 1, 220)}


@dataclass(frozen=True)
class Part:
    """A training: its share of the method's time, and its options for train.py."""

    share: float
    options: str


# What each method consists of, the last part being the one that colors. {scans}: the run before the last.
Method = dict[str, Part]

# No discriminator: it takes half of the time, and the error without it is the same.
UNET = (
    "--ngf 28 --norm batch --no_dropout --input_nc 1 --init_type xavier --init_gain 1 --lambda_GAN 0 "
    "--lr 0.001 --beta1 0.9 --resize_or_crop random_part"
)
# Drawings that all stand upright in the middle, at one size: nothing is turned, and little cut off.
DRAWINGS = f"--netG unet_64 {UNET} --lambda_L1 100 --batch_size 8 --crop_part 0.97 1 --fineSize 64"
# Parts of pages that are 183 to 320 pixels wide then. Who is drawn takes long to learn, and squared errors lead there.
PAGES = f"--netG unet_128 {UNET} --lambda_L1 0 --lambda_L2 100 --batch_size 4 --crop_part 0.4 0.7 --fineSize 128"
MADE = "--rotation 0 --perspective 0 --blur_p 0 --erasing_p 0 --scan_noise 0.05 --sample_freq 0"
SCANS = "--netG scan --netD attention --ngf 16 --ndf 16 --input_nc 1 --lambda_B 1 --lr 0.0004"
RECIPES: dict[str, dict[str, Method]] = {
    "drawings": {
        "CycleGAN": {"": Part(1, "--netG resnet_6blocks --ngf 24 --ndf 24 --loadSize 72 --fineSize 64")},
        "two stages": {
            "scans": Part(0.25, f"{SCANS} --loadSize 72 --fineSize 48"),
            "": Part(0.75, f"--model colorizer --scan_generator {{scans}} --stages 64 {DRAWINGS} {MADE}"),
        },
        "true pairs": {"": Part(1, f"--model pix2pix {DRAWINGS}")},
    },
    "pages": {
        "CycleGAN": {"": Part(1, "--netG resnet_6blocks --ngf 16 --ndf 16 --input_nc 1 --resize_or_crop random_part "
                              "--crop_part 0.4 0.7 --fineSize 128")},
        "two stages": {
            "scans": Part(0.35, f"{SCANS} --resize_or_crop random_part --crop_part 0.225 0.375 --fineSize 96"),
            "": Part(0.65, f"--model colorizer --scan_generator {{scans}} --stages 128 {PAGES} {MADE}"),
        },
        "true pairs": {"": Part(1, f"--model pix2pix {PAGES}")},
    },
}  # fmt: skip


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help="the data set")
    add("--out", type=Path, required=True, help="folder to write")
    add("--recipe", choices=RECIPES, required=True, help="what is to be colored: single drawings, or pages")
    add("--pairs", type=Path, metavar="FOLDER", help="data set with the same colorings and their true scans")
    add("--methods", nargs="+", metavar="METHOD", help="some only; else all, true pairs if there are any")
    add("--minutes", type=minutes, default=10, help="of training, for each method; default: 10")
    add("--seeds", nargs="+", type=int, default=[1, 2, 3], help="default: 1 2 3")
    add("--size", type=positive, default=None, help="to measure at: of the shorter side; default: as results come")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    methods = chosen_methods(args)
    check_settings(args)
    for seed in args.seeds:
        for title, method in methods.items():
            train_method(title, method, seed, args)
    report(methods, args)


def chosen_methods(args: argparse.Namespace) -> dict[str, Method]:
    """Those that were asked for. Raises UserError for what can't be compared, before anything is trained."""
    recipe = RECIPES[args.recipe]
    for root, folders in ((args.data, "trainA trainB valA valB"), (args.pairs, "trainA trainB")):
        for folder in folders.split() if root else ():
            if not (root / folder).is_dir():
                raise UserError(f"no folder {root / folder}: it needs {folders.replace(' ', ', ')}")
    wanted = args.methods or [title for title in recipe if title != "true pairs" or args.pairs]
    for title in wanted:
        if title not in recipe:
            raise UserError(f"no method {title}: choose from {', '.join(recipe)}")
    if "true pairs" in wanted and not args.pairs:
        raise UserError("true pairs need --pairs FOLDER: give it, or leave them out")
    return {title: recipe[title] for title in wanted}


def check_settings(args: argparse.Namespace) -> None:
    """Note what trainings in OUT depend on. Raises UserError if those that are there depend on something else."""
    pairs = args.pairs and str(args.pairs.resolve())
    settings = {"data": str(args.data.resolve()), "recipe": args.recipe, "minutes": args.minutes, "pairs": pairs}
    path = args.out / "settings.json"
    before = json.loads(path.read_text()) if path.is_file() else settings
    settings["pairs"] = pairs or before["pairs"]
    for name, value in settings.items():
        if before[name] not in (value, None):
            raise UserError(f"the runs in {args.out} have {name} {before[name]}, not {value}: give another --out")
    args.out.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(settings, indent=1))


# Training, each method as long as the others

def train_method(title: str, method: Method, seed: int, args: argparse.Namespace) -> None:
    """Train the parts of a method, unless that is done."""
    for place, part in method.items():
        name = run_name(title, seed, place)
        if (args.out / "checkpoints" / name / "done").exists():
            continue
        options = shlex.split(part.options.format(scans=args.out / "checkpoints" / run_name(title, seed, "scans")))
        data = args.pairs if title == "true pairs" else args.data
        pace = find_pace(f"{args.recipe}: {title} {place}".strip(), data, options, args)
        images = 60 * args.minutes * part.share / pace
        epochs, of_each = epochs_of(images, len(list_images(data / "trainB")))
        resumed = ["--continue_train"] if any((args.out / "checkpoints" / name).glob("*_state.pth")) else []
        print(f"{name}: {epochs} epochs of {of_each} images", flush=True)
        run_training(
            args.out / "checkpoints", name, data, *options, *resumed, "--seed", str(seed), "--max_dataset_size",
            str(of_each), "--niter", str(epochs - epochs // 2), "--niter_decay", str(epochs // 2),
        )  # fmt: skip
        (args.out / "checkpoints" / name / "done").touch()


def run_name(title: str, seed: int, place: str = "") -> str:
    """As a folder is called."""
    return "_".join(filter(None, (*title.lower().split(), str(seed), place)))


def epochs_of(images: float, there_are: int) -> tuple[int, int]:
    """How many epochs, two at least, of how many images, for so many in all."""
    epochs = max(2, ceil(images / there_are))
    return epochs, min(there_are, max(1, round(images / epochs)))


def find_pace(key: str, data: Path, options: list[str], args: argparse.Namespace) -> float:
    """Seconds an image: the faster of two epochs in a short training, as the first begins with warming up."""
    path = args.out / "pace.json"
    known = json.loads(path.read_text()) if path.is_file() else {}
    if key not in known:
        print(f"{key}: how fast?", flush=True)
        folder = args.out / "paces"
        name = key.replace(" ", "_").replace(":", "")
        shutil.rmtree(folder / name, ignore_errors=True)  # of a run that was interrupted
        text = run_training(
            folder, name, data, *options, "--max_dataset_size", "96", "--niter", "3", "--niter_decay", "0"
        )
        paces = [float(line.split(" images/s")[0].split()[-1]) for line in text.splitlines() if " images/s" in line]
        known[key] = 1 / max(paces)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(known, indent=1))
    return known[key]


def run_training(checkpoints: Path, name: str, data: Path, *options: str) -> str:
    """Call train.py with one thread; what it prints. Raises UserError if it fails."""
    command = [
        sys.executable, str(ROOT / "train.py"), "--checkpoints_dir", str(checkpoints), "--name", name, "--dataroot",
        str(data), "--gpu_ids", "-1", "--num_threads", "0", "--cache", "ram", "--display_id", "0", "--no_html",
        "--val_freq", "0", "--save_epoch_freq", "100000", "--save_latest_freq", "100000", "--print_freq", "1000",
        *options,
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    training = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        told, errors = training.communicate()
    except KeyboardInterrupt:  # Ctrl-C reaches the training too, which saves before it ends
        training.communicate()
        raise
    if training.returncode:
        raise UserError(f"{name}: training failed: {(errors.strip() or told.strip()).splitlines()[-1]}")
    return told


# What came of it

def report(methods: dict[str, Method], args: argparse.Namespace) -> None:
    """Measure all runs and write the tables."""
    references = find_references(None, args.data, "val")
    results: dict[str, Pictures] = {"uncolored": references.scans}
    members: dict[str, list[str]] = {"uncolored": ["uncolored"]}  # row of the table → titles of its seeds
    for title in methods:
        for averaged in (False, True):
            row = title if averaged else f"{title}, last weights"
            members[row] = [f"{run_name(title, seed)}{'' if averaged else '_last'}" for seed in args.seeds]
            for seed, member in zip(args.seeds, members[row], strict=True):
                results[member] = color_drawings(
                    args.out / "checkpoints" / run_name(title, seed), member, references.scans, args.out / "results",
                    epoch="latest", full_pages=False, device="cpu", averaged=averaged,
                )  # fmt: skip
    ruler = Ruler(references, args.size)
    measured, truths = ruler.measure(results)
    means = compare(measured, truths, None, ruler.metrics, None).rows
    table = {row: [means[title] for title in titles] for row, titles in members.items()}
    text = as_markdown(table, {title: training_minutes(title, method, args) for title, method in methods.items()})
    text += "".join(f"\n{note}\n" for note in notes_on(references, results, measured))
    print(text)
    write_text(args.out / "figures.md", text)
    count, beside, width = GRIDS[args.recipe]
    columns = {"scan": args.data / "valA"} | {title: args.out / "results" / members[title][0] for title in methods}
    save_image(lay_out(columns | {"truth": args.data / "valB"}, count, width, beside), args.out / "grid.png")
    plain = {title: [{name: number(mean.mean) for name, mean in row.items()} for row in rows]
             for title, rows in table.items()}  # fmt: skip
    write_text(args.out / "figures.json", json.dumps(plain, indent=1))


def training_minutes(title: str, method: Method, args: argparse.Namespace) -> float:
    """How long all parts of a method trained, the mean over the seeds."""
    runs = [args.out / "checkpoints" / run_name(title, seed, place) for seed in args.seeds for place in method]
    return sum(json.loads((run / "training.json").read_text())["seconds"] for run in runs) / 60 / len(args.seeds)


def as_markdown(table: dict[str, list[Row]], minutes: dict[str, float]) -> str:
    """Means over the seeds, and their standard deviations. minutes: of training, where there was any."""
    metrics = list(next(iter(table.values()))[0])
    lines = [["coloring", "minutes", *map(head, metrics)], ["---"] + ["---:"] * (1 + len(metrics))]
    for title, rows in table.items():
        time = f"{minutes[title]:.1f}" if title in minutes else ""
        figures = (_cell([row[name].mean for row in rows], READINGS[name].digits) for name in metrics)
        lines.append([title, time, *figures])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(values: list[float], digits: int) -> str:
    if np.isnan(values).any():
        return "–"
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"


if __name__ == "__main__":
    with reported():
        main()
