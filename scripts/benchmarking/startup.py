"""How long it takes until train.py has made its first step, and test.py has colored its first page."""
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from models.networks import define_G
from scripts.benchmarking.rows import Report, Row
from scripts.benchmarking.timing import Effort
from scripts.manga_world import render_page
from util import checkpoint

SECTION = "start"
ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {"input_nc": 3, "output_nc": 3, "netG": "resnet_9blocks", "norm": "instance", "no_dropout": True,
           "direction": "AtoB", "resize_or_crop": "resize_and_crop", "loadSize": 286, "fineSize": 256}  # fmt: skip
# What a program says when something is done, in order.
TRAIN = {"networks built": "network D_B", "first step": "(epoch: 1, iters: 1"}
TEST = {"network loaded": "network G", "first page": "to look at"}


def measure(effort: Effort, report: Report) -> None:
    """Rows of both programs, part by part; times count from the start. That of the import is of another start."""
    width = 4 if effort.quick else 64
    small = ["--ngf", "4", "--ndf", "4", "--netG", "resnet_6blocks", "--fineSize", "32", "--loadSize", "32"]
    pages = effort.folder / "pages"
    for side in "AB":
        (pages / f"train{side}").mkdir(parents=True)
        render_page(0, 0, 300, 430)["AB".index(side)].convert("RGB").save(pages / f"train{side}" / "1.png")
    gpu = "-1" if effort.device.type == "cpu" else str(effort.device.index or 0)
    common = ["--gpu_ids", gpu, "--checkpoints_dir", str(effort.folder / "runs")]
    checkpoint.save(define_G(3, 3, width, "resnet_9blocks", "instance").state_dict(),
                    effort.folder / "runs" / "color" / "latest_net_G.pth")  # fmt: skip
    (effort.folder / "runs" / "color" / "opt.json").write_text(json.dumps(OPTIONS | {"ngf": width}))
    train = ["--dataroot", str(pages), "--print_freq", "1", "--num_threads", "0", "--display_id", "0"]
    train += [*common, *(small if effort.quick else [])]
    test = ["--dataroot", str(pages / "trainA"), "--name", "color", "--results_dir", str(effort.folder / "results")]
    for program, argv, marks in (("train", train, TRAIN), ("test", [*test, *common], TEST)):
        with report.attempt(SECTION, f"{program}.py"):
            rounds = []
            for number in range(1 if effort.quick else effort.rounds):
                name = ["--name", f"start{number}"] if program == "train" else []
                imported = {} if effort.quick else {"imported": _imported(program)}
                rounds.append(imported | _reached(program, [*argv, *name], marks))
            for mark in rounds[0]:
                report.add(Row(SECTION, f"{program}.py, {mark}", median(times[mark] for times in rounds)))


def _imported(program: str) -> float:
    """Seconds until Python has imported a program."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {program}"], cwd=ROOT, check=True)
    return time.perf_counter() - begun


def _reached(program: str, argv: Sequence[str], marks: dict[str, str]) -> dict[str, float]:
    """Seconds from the start until each mark was said. Raises RuntimeError if the program ends before."""
    begun, reached, said = time.perf_counter(), {}, []
    left = dict(marks)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / f"{program}.py"), *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        for name in [name for name, mark in left.items() if line.startswith(mark)]:
            reached[name] = time.perf_counter() - begun
            del left[name]
        if not left:
            break
    process.kill()
    process.communicate()
    if left:
        raise RuntimeError(f"{program}.py ended before {', '.join(left)}: {''.join(said[-1:]).strip()}")
    return reached
