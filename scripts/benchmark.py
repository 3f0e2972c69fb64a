"""What this machine makes of the toolkit: the speed of training steps, of pages, of loading images and of starting,
beside what its hardware can do at most.

    python scripts/benchmark.py                                    # some minutes on a GPU
    python scripts/benchmark.py --gpu_ids -1 --models pix2pix      # on the CPU
    python scripts/benchmark.py --only steps --json speed.json

Training steps are those of train.py with its defaults, on random images; each optimisation is switched on by itself.
What is compared takes turns; medians of the rounds are told. FLOPs are those of convolutions and matrix products,
counted in a real step, forward and backward; "of the ceiling" is their speed as a share of what a convolution alone
reaches here in the same format, measured first. Memory is what a step takes at most: on CUDA what torch allocates, on
the CPU what a process grows by. Writes nothing but --json, and a temporary folder.

What fails is named at the end, the rest goes on, and the exit status is 1.
"""
import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.benchmarking import ceilings, loader, pages, startup, steps
from scripts.benchmarking.hardware import description
from scripts.benchmarking.rows import Report, Row
from scripts.benchmarking.timing import Effort
from util.device import choose_device, parse_gpu_ids
from util.errors import UserError, reason, reported
from util.files import write_text
from util.option_types import Parser, positive

PARTS = ("ceilings", "steps", "loader", "pages", "startup")


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", type=lambda text: text.split(","), default=list(PARTS), metavar=",".join(PARTS),
        help="parts to measure; default: all")
    add("--models", nargs="+", choices=list(steps.MODELS), default=list(steps.MODELS), help="whose steps; default: all")
    add("--variants", nargs="+", choices=list(steps.VARIANTS), default=list(steps.VARIANTS),
        help="of training steps; default: all that the device has units for")
    add("--rounds", type=positive, default=5, help="how often each is measured; default: 5")
    add("--seconds", type=float, default=0.3, help="that each is repeated for in a round; default: 0.3")
    add("--patience", type=float, default=60.0,
        help="no further round of a comparison begins after so many seconds; default: 60")
    add("--gpu_ids", default="0", help="which GPU; -1 for the CPU")
    add("--json", type=Path, metavar="FILE", help="write the figures there")
    add("--quick", action="store_true", help="tiny networks, to see that everything works")
    args = parser.parse_args()
    unknown = [part for part in args.only if part not in PARTS]
    if unknown:
        raise UserError(f"--only {unknown[0]}: the parts are {','.join(PARTS)}")
    return args


def main() -> int:
    args = parse_arguments()
    device, _ = choose_device(parse_gpu_ids(args.gpu_ids))
    machine = description(device)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))

    def told(row: Row) -> None:
        """What there is so far is kept, for a long run may be stopped."""
        print(", ".join(filter(None, (f"{row.section}: {row.item}", *list(row.cells().values())[1:]))), file=sys.stderr)
        if args.json is not None:
            save(args.json, {"machine": machine, **report.json()})

    report = Report(told)
    if args.json is not None:  # better told now than after minutes
        save(args.json, {"machine": machine, **report.json()})
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of what it compiles and profiles
        seconds = 1e-3 if args.quick else args.seconds
        rounds = min(args.rounds, 2) if args.quick else args.rounds
        run(Effort(device, rounds, seconds, Path(folder), args.patience, args.quick), args, report)
    for failure in report.failed:
        print(f"failed: {failure}", file=sys.stderr)
    if args.json is not None:
        save(args.json, {"machine": machine, **report.json()})
    return 1 if report.failed else 0


def save(path: Path, figures: dict[str, Any]) -> None:
    try:
        write_text(path, json.dumps(figures, indent=1) + "\n")
    except OSError as error:
        raise UserError(f"can't write --json {path} ({reason(error)}): name another place") from error


def run(effort: Effort, args: argparse.Namespace, report: Report) -> None:
    """Measure the parts that were asked for, and show each when it is done."""
    limits: dict[str, float] = {}
    parts: dict[str, tuple[str, Callable[[], object]]] = {
        "ceilings": (ceilings.SECTION, lambda: limits.update(ceilings.measure(effort, report))),
        "steps": (steps.SECTION, lambda: steps.measure(effort, report, limits, args.models, args.variants)),
        "loader": (loader.SECTION, lambda: loader.measure(effort, report)),
        "pages": (pages.SECTION, lambda: pages.measure(effort, report, limits)),
        "startup": (startup.SECTION, lambda: startup.measure(effort, report)),
    }
    for part in (part for part in PARTS if part in args.only):
        section, measure = parts[part]
        with report.attempt(section, "as a whole"):
            measure()
        print(f"\n## {section}\n\n{report.table(section)}", flush=True)


if __name__ == "__main__":
    with reported():
        sys.exit(main())
