"""Feed damaged and hostile files to every reader, and see that each gives what it documents: the content, or an error
of one line.

    python scripts/fuzz_readers.py                                         # some minutes
    python scripts/fuzz_readers.py --inputs 20000 --seed 1 --readers images archives --keep failing

Inputs are whole files with bits flipped, numbers replaced, parts cut out, repeated or taken from other files, and for
some readers also with hostile names, values or tensors. The same seed tries the same inputs. A failure is any other
exception, a crash, a hang, more memory than documented, or a file written outside of the folder of the results; the
exit status is 1 if there is one. Each reader runs in processes of its own, which failures do not outlive.
"""
import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import Empty, Queue

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here and in the workers
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.fuzzing.readers import READERS
from scripts.fuzzing.trial import Outcome, Worker, input_of
from util.errors import reported
from util.option_types import Parser, natural, positive

SHOWN = 12  # failures a reader


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--inputs", type=positive, default=9000, help="how many in all, shared out equally; default: 9000")
    add("--readers", nargs="+", choices=list(READERS), default=list(READERS), help="default: all")
    add("--seed", type=natural, default=0, help="other seeds try other inputs")
    add("--workers", type=positive, default=2, help="processes at once; default: 2")
    add("--seconds", type=float, default=10.0, help="of computing that an input may take; default: 10")
    add("--keep", type=Path, metavar="FOLDER", help="where to put inputs that fail, each with a note of how")
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    share = -(-args.inputs // len(args.readers))
    print(f"{'reader':<10} {'inputs':>7} {'read':>7} {'refused':>7} {'failures':>8} {'slowest (s)':>12} "
          f"{'most memory (MiB)':>18}")  # fmt: skip
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.readers:
            outcomes = list(outcomes_of(name, share, args, Path(scratch)))
            failures = [outcome for outcome in outcomes if outcome.kind == "failed"]
            failed += len(failures)
            print(line(name, outcomes), flush=True)
            report(failures, args)
    return 1 if failed else 0


def outcomes_of(name: str, count: int, args: argparse.Namespace, scratch: Path) -> Iterator[Outcome]:
    """What became of the first inputs of a reader; in no particular order."""
    numbers: Queue[int] = Queue()
    for number in range(count):
        numbers.put(number)

    def work(rank: int) -> list[Outcome]:
        found: list[Outcome] = []
        with closing(Worker(name, args.seed, args.seconds, scratch / f"{name}{rank}")) as worker:
            while True:
                try:
                    number = numbers.get_nowait()
                except Empty:
                    return found
                found.append(worker.run(number))

    with ThreadPoolExecutor(args.workers) as threads:
        for found in threads.map(work, range(args.workers)):
            yield from found


def line(name: str, outcomes: Sequence[Outcome]) -> str:
    """The row of a reader in the table."""
    kinds = [outcome.kind for outcome in outcomes]
    slowest = max(outcome.seconds for outcome in outcomes)
    growth = max(outcome.growth for outcome in outcomes)
    return (
        f"{name:<10} {len(kinds):>7} {kinds.count('read'):>7} {kinds.count('refused'):>7} "
        f"{kinds.count('failed'):>8} {slowest:>12.2f} {growth:>18.0f}"
    )


def report(failures: Sequence[Outcome], args: argparse.Namespace) -> None:
    """Tell of failures, and keep their inputs."""
    for outcome in failures[:SHOWN]:
        print(f"    {outcome.reader} {outcome.number}: {outcome.note}")
    if len(failures) > SHOWN:
        print(f"    … and {len(failures) - SHOWN} more")
    if args.keep and failures:
        args.keep.mkdir(parents=True, exist_ok=True)
        reader = READERS[failures[0].reader]()
        for outcome in failures:
            path = args.keep / f"{outcome.reader}-{args.seed}-{outcome.number}{Path(reader.file).suffix}"
            path.write_bytes(input_of(reader, args.seed, outcome.number))
            Path(f"{path}.note").write_text(f"{outcome.note}\n", encoding="utf-8")


if __name__ == "__main__":
    with reported():
        sys.exit(main())
