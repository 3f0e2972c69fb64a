"""Make a small copy of a run that only colors: the generators in half precision (their averaged
weights, where there are such), the options, how it was trained.

    python scripts/ship_weights.py checkpoints/onepiece shared/onepiece

test.py reads the copy like the run itself: `--checkpoints_dir shared --name onepiece`.
"""
import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.averages import weights_path
from util import checkpoint
from util.errors import UserError, reported
from util.files import replacing
from util.option_types import Parser

TOLD = ("opt.json", "opt.txt", "training.json")


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of the run")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--epoch", default="latest", help="whose weights")
    parser.add_argument("--generators", nargs="+", default=["G", "G_A"], help="which, where they exist")
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
    for name in TOLD:
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
