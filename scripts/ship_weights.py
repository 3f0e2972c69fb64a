"""Make a small copy of a run that only colors: the generators in half precision (their averaged
weights, where there are such), the options, how it was trained.

    python scripts/ship_weights.py checkpoints/onepiece shared/onepiece

test.py reads the copy like the run itself: `--checkpoints_dir shared --name onepiece`.
"""
import argparse
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.averages import weights_path
from models.trained import saved_options
from util import checkpoint
from util.errors import UserError, reported
from util.files import replacing, write_text
from util.option_types import Parser, natural

OPTIONS = "opt.json"
COPIED = ("opt.txt", "training.json")
# Options that say where the run's own data lay, which nobody else has.
ONLY_HERE = ("val_dataroot", "cache_dir")


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of the run")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--epoch", default="latest", help="whose weights")
    parser.add_argument("--generators", nargs="+", default=["G", "G_A"], help="which, where they exist")
    parser.add_argument("--panel_size", type=natural, default=0,
                        help="how large the weights are shown a panel by default, in pixels; 0: pages as large as in "
                        "training")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    if (args.out / "latest_state.pth").exists() or args.out.resolve() == args.run.resolve():
        raise UserError(f"{args.out} is a run of its own, which could not go on then: give another folder")
    paths = {f"latest_net_{name}.pth": weights_path(args.run, args.epoch, name) for name in args.generators}
    found = {name: path for name, path in paths.items() if path.is_file()}
    if not found:
        names = " or ".join(path.name for path in paths.values())
        raise UserError(f"no {names} in {args.run}: check the folder and --epoch")
    for name, path in found.items():
        checkpoint.save(_halved(checkpoint.load_weights(path)), args.out / name)
    if (args.run / OPTIONS).is_file():
        options = {key: value for key, value in saved_options(args.run).items() if key not in ONLY_HERE}
        options |= {"page_size": 0, "panel_size": args.panel_size} if args.panel_size else {}
        write_text(args.out / OPTIONS, json.dumps(options, indent=1, sort_keys=True) + "\n")
    for name in COPIED:
        if (args.run / name).is_file():
            with replacing(args.out / name) as temporary:
                temporary.write_bytes((args.run / name).read_bytes())
    size = sum(path.stat().st_size for path in args.out.iterdir())
    print(f"{', '.join(found)} in {args.out}: {size / 2**20:.1f} MiB")


def _halved(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights as float16, which is read back as float32 to 3 digits; counters stay whole numbers."""
    return {key: value.half() if value.is_floating_point() else value for key, value in state.items()}


if __name__ == "__main__":
    with reported():
        main()
