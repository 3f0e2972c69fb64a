"""How fast test.py colors a volume, in how much memory, and how busy the network is meanwhile.

    python scripts/benchmark_pages.py                                    # 200 pages, at the scale of the training
    python scripts/benchmark_pages.py --pages 6 --page_size native       # and at full size
    python scripts/benchmark_pages.py --pages 20 --precision fp32 bf16 --rounds 3

Draws a CBZ of demo pages and colors it with generators of random weights, whose speed is that of trained ones. What is
compared takes turns, so that other work on the machine slows all alike; medians of the rounds are told.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from io import BytesIO
from math import nan
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.networks import define_G
from scripts.manga_world import render_page
from util import checkpoint
from util.cores import usable_cores
from util.errors import UserError, reported
from util.option_types import Parser, positive

DRAWN = (1200, 1720)  # pixels that pages are drawn with; others are scaled
ROOT = Path(__file__).resolve().parents[1]
SEED_OPTIONS = {"input_nc": 3, "output_nc": 3, "ngf": 64, "norm": "instance", "no_dropout": True, "direction": "AtoB",
                "resize_or_crop": "resize_and_crop", "loadSize": 286, "fineSize": 256}  # fmt: skip


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--netG", nargs="+", default=["attn_unet", "resnet_9blocks"], help="the generators to measure")
    parser.add_argument("--pages", type=positive, default=200, help="pages of the volume")
    parser.add_argument("--drawings", type=positive, default=10, help="of which so many are different")
    parser.add_argument("--width", type=positive, default=1200, help="of a page, in pixels")
    parser.add_argument("--height", type=positive, default=1720, help="of a page, in pixels")
    parser.add_argument("--image_format", choices=("png", "jpg"), default="png", help="of the pages in the volume")
    parser.add_argument("--page_size", default="0", help="as test.py takes it: 0 (as in training), native, or a side")
    parser.add_argument("--tile", default="auto", help="as test.py takes it")
    parser.add_argument("--precision", nargs="+", default=["auto"], help="as test.py takes it, one or several")
    parser.add_argument("--rounds", type=positive, default=1, help="how often each is measured")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    print(
        f"{args.pages} pages of {args.width} × {args.height} ({args.image_format}), --page_size {args.page_size} "
        f"--tile {args.tile}, {usable_cores()} cores\n\n"
        "| generator | precision | pages a minute | network at work | memory at most |\n|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        volume = draw_volume(Path(folder) / "volume.cbz", args)
        for kind in args.netG:
            rounds = [{name: measure(kind, name, volume, args) for name in args.precision} for _ in range(args.rounds)]
            for precision in args.precision:
                seconds, busy, memory = zip(*(measured[precision] for measured in rounds), strict=True)
                print(
                    f"| {kind} | {precision} | {60 * args.pages / median(seconds):.1f} | {median(busy):.0%} | "
                    f"{max(memory) / 2**20:.0f} MiB |", flush=True,
                )  # fmt: skip


def draw_volume(path: Path, args: argparse.Namespace) -> Path:
    """A CBZ of drawn scans."""
    scans = []
    for index in range(min(args.drawings, args.pages)):
        scan, *_ = render_page(0, index, *DRAWN)
        scan = scan if scan.size == (args.width, args.height) else scan.resize((args.width, args.height))
        content = BytesIO()
        scan.save(content, {"jpg": "jpeg"}.get(args.image_format, args.image_format))
        scans.append(content.getvalue())
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(args.pages):
            archive.writestr(f"page_{number:04d}.{args.image_format}", scans[number % len(scans)])
    return path


def measure(kind: str, precision: str, volume: Path, args: argparse.Namespace) -> tuple[float, float, int]:
    """Color the volume with a generator of some kind: seconds from the first page to the last (without the start of
    the program), the share of the time that the network worked, bytes of memory at most."""
    run = volume.parent / kind
    net = define_G(3, 3, 64, kind, "instance")
    checkpoint.save(net.state_dict(), run / "latest_net_G.pth")
    (run / "opt.json").write_text(json.dumps(SEED_OPTIONS | {"netG": kind}), encoding="utf-8")
    command = [
        sys.executable, ROOT / "test.py", "--name", kind, "--checkpoints_dir", run.parent, "--dataroot", volume,
        "--results_dir", volume.parent / "results", "--page_size", args.page_size, "--tile", args.tile,
        "--precision", precision,
    ]  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    peak = PeakMemory(process.pid)
    told = []
    for line in process.stdout:
        told.append(line)
        if line.startswith("network "):  # it is loaded, and coloring begins
            started = time.perf_counter()
    seconds = time.perf_counter() - started
    if process.wait():
        raise UserError(f"test.py ended with {process.returncode}")
    busy = re.search(r"at work (\d+)% of the time", "".join(told))
    return seconds, int(busy[1]) / 100 if busy else nan, peak.bytes


class PeakMemory:
    """Watches how much memory a process has taken at most (Linux). What the system tells of a process that has ended
    counts the memory of the one that started it, too."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._status = Path(f"/proc/{pid}/status")
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            try:
                peak = re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text())
            except OSError:
                return
            if peak is None:  # it has ended
                return
            self.bytes = int(peak[1]) * 1024
            time.sleep(0.05)


if __name__ == "__main__":
    with reported():
        main()
