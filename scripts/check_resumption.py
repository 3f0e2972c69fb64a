"""Kill trainings at random moments, go on, and compare with trainings that were left alone.

    python scripts/check_resumption.py --kills 100
    python scripts/check_resumption.py --kills 30 --cases cycle_gan colorizer --seed 7

Real processes of train.py on small drawings are killed (SIGKILL) again and again, continued with --continue_train each
time, and let go to their end after a few kills; of several processes of one training, one is killed, and the others
must end by themselves. Then every loss that TensorBoard was told, the weights, and all that
the last save holds must be those of a run that was never killed. Exit status 1 where they are not.
"""
import argparse
import multiprocessing
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from util import checkpoint
from util.errors import reported
from util.option_types import Parser, natural, positive

ROOT = Path(__file__).resolve().parents[1]
IMAGES = 12
KILLS_A_RUN = 5
COMMON = [
    "--gpu_ids=-1", "--ngf=2", "--ndf=2", "--netD=pixel", "--loadSize=20", "--fineSize=16", "--niter=2",
    "--niter_decay=2", "--print_freq=1", "--save_latest_freq=3", "--save_epoch_freq=1", "--display_freq=7", "--no_html",
]  # fmt: skip
PLAIN = ["--netG=resnet_6blocks", "--num_threads=0"]
CASES = {
    "cycle_gan": ["--netG=resnet_6blocks", "--num_threads=2", "--input_nc=1", "--niter=3", "--niter_decay=3"],
    "cycle_gan, small pool": [*PLAIN, "--pool_size=4", "--resize_or_crop=scale_width_and_crop", "--rotation=10"],
    "pix2pix with dropout": [*PLAIN, "--model=pix2pix", "--dropout", "--pool_size=3", "--batch_size=2"],
    "colorizer across stages": [
        *PLAIN, "--model=colorizer", "--scan_generator", "{scans}", "{scans}/1_net_G_B.pth", "--stages=8,16",
        "--stage_batch_sizes=3,2", "--niter=1", "--niter_decay=1", "--scan_noise=0.05", "--sample_freq=0", "--dropout",
    ],
    "wgangp": [*PLAIN, "--model=pix2pix", "--gan_mode=wgangp", "--norm=instance", "--n_critic=3", "--batch_size=2"],
    "bfloat16": [*PLAIN, "--precision=bf16"],
    "float16": [*PLAIN, "--precision=fp16", "--lambda_A=1000"],  # which has its loss scaled differently as it goes
    "plateau": [*PLAIN, "--model=pix2pix", "--lr_policy=plateau"],
    "two processes": [
        "--netG=resnet_6blocks", "--num_threads=1", "--model=pix2pix", "--norm=instance", "--dropout", "--pool_size=3",
        "--lr_policy=plateau", "--max_dataset_size=11",
    ],
}  # fmt: skip
PROCESSES = {"two processes": 2}
PATIENCE = 60  # seconds for processes to notice that another one is gone


@dataclass
class Outcome:
    """kills: how often the runs were killed. difference: the largest one of two losses. steps: how many were compared.
    fault: what else differs, in words."""

    kills: int = 0
    difference: float = 0.0
    steps: int = 0
    fault: str = ""


class Run:
    """The processes of one training."""

    def __init__(self, processes: Sequence[BaseProcess]) -> None:
        self.processes = processes

    @property
    def pid(self) -> int:
        """The number of the first process."""
        return self.processes[0].pid or 0

    @property
    def exitcode(self) -> int | None:
        """None while one process lives; that of SIGKILL if one was killed, or else the first that is not 0."""
        codes = [process.exitcode for process in self.processes]
        if None in codes:
            return None
        return -signal.SIGKILL if -signal.SIGKILL in codes else next(filter(None, codes), 0)

    def join(self, seconds: float | None = None) -> None:
        """Wait for all of them, so long at most."""
        end = time.monotonic() + (seconds or 0)
        for process in self.processes:
            process.join(None if seconds is None else max(0.0, end - time.monotonic()))

    def kill(self, chance: random.Random | None = None) -> None:
        """Kill all processes, or one; then the others, which are told as torchrun does, have to end."""
        if chance is not None:
            chosen = chance.choice(self.processes)
            chosen.kill()
            for process in self.processes:
                if process is not chosen:
                    process.terminate()
            self.join(PATIENCE)
            if self.exitcode is None:
                raise RuntimeError("processes do not end when another one has been killed")
        for process in self.processes:
            process.kill()


class Bench:
    """A folder of drawings and runs, and a server that starts processes with torch already loaded."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["train"])
        # Where the server looks for modules; and it has loaded them all when its first child ends.
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        first = self.context.Process(target=int)
        first.start()
        first.join()
        for number in range(IMAGES):
            for side in ("trainA", "trainB"):
                _draw(folder / "data" / side / f"{number}.png", number + IMAGES * (side == "trainB"))

    def start(self, name: str, argv: Sequence[str], count: int = 1, prepare: Callable[[], object] = int) -> Run:
        """A training in so many processes, by its command line; what it says goes to NAME.log. prepare: called in each
        of them first."""
        told = [f"--checkpoints_dir={self.folder}/checkpoints", f"--name={name}", *argv]
        log, port = str(self.folder / f"{name}.log"), _free_port()
        environments = [] if count == 1 else [
            {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count,
             "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            for rank in range(count)
        ]  # fmt: skip
        processes = [self.context.Process(target=_train, args=(told, log, each, prepare))
                     for each in environments or [{}]]  # fmt: skip
        for process in processes:
            process.start()
        return Run(processes)

    def finish(self, name: str, argv: Sequence[str], count: int = 1) -> float:
        """A training to its end; seconds. Raises RuntimeError if it fails."""
        begun = time.perf_counter()
        process = self.start(name, argv, count)
        process.join()
        if process.exitcode != 0:
            raise RuntimeError(f"{name} failed: {self.told(name)}")
        return time.perf_counter() - begun

    def told(self, name: str) -> str:
        """The last that a training said."""
        return (self.folder / f"{name}.log").read_text()[-2000:]

    def check(self, case: str, kills: int) -> Outcome:
        """Kill runs of a case so often, and compare each with one that was left alone."""
        options = [*COMMON, f"--dataroot={self.folder}/data", *CASES[case]]
        if "{scans}" in " ".join(options):
            if not (self.folder / "checkpoints" / "scans").exists():
                self.finish("scans", [*COMMON, *PLAIN, f"--dataroot={self.folder}/data", "--input_nc=1", "--niter=1",
                                      "--niter_decay=0"])  # fmt: skip
            options = [option.format(scans=self.folder / "checkpoints" / "scans") for option in options]
        slug, count = case.replace(" ", "_").replace(",", ""), PROCESSES.get(case, 1)
        seconds = self.finish(f"{slug}_whole", options, count)
        outcome, number = Outcome(), 0
        while outcome.kills < kills and not outcome.fault:
            name = f"{slug}_{number}"
            outcome.kills += self._torment(name, options, min(KILLS_A_RUN, kills - outcome.kills), seconds, count)
            self.compare(f"{slug}_whole", name, outcome)
            number += 1
        return outcome

    def _torment(self, name: str, options: Sequence[str], kills: int, seconds: float, count: int) -> int:
        """Run to the end, in `count` processes, with up to so many kills on the way; how many there were."""
        done = 0
        argv = options
        while done < kills:
            process = self.start(name, argv, count)
            process.join(self.chance.uniform(0, seconds))
            if process.exitcode == 0:
                break
            process.kill(self.chance)
            process.join()
            if process.exitcode not in (0, -signal.SIGKILL):
                raise RuntimeError(f"{name} failed: {self.told(name)}")
            done += process.exitcode == -signal.SIGKILL
            if (self.folder / "checkpoints" / name / "opt.json").exists():
                argv = ["--continue_train"]
        if process.exitcode != 0:
            self.finish(name, argv, count)
        return done

    def compare(self, whole: str, killed: str, outcome: Outcome) -> None:
        """Add to an outcome what a run that was killed has that one which was left alone has not."""
        folders = [self.folder / "checkpoints" / name for name in (whole, killed)]
        first, second = map(_scalars, folders)
        if first.keys() != second.keys():
            outcome.fault = f"{killed}: {len(first)} losses were told, and {len(second)} of the run that was killed"
            return
        outcome.steps += len(first)
        outcome.difference = max([outcome.difference, *(abs(first[key] - second[key]) for key in first)])
        logs = [_log(folder) for folder in folders]
        if logs[0] != logs[1]:
            outcome.fault = f"{killed}: loss_log.txt has other lines"
        for name in sorted(path.name for path in folders[0].glob("*.pth")):
            differing = next(_differences(*(checkpoint.load(folder / name) for folder in folders)), None)
            if differing is not None:
                outcome.fault = f"{killed}: {name} differs in {differing or 'its kind'}"


def _draw(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 22 + seed % 5, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _train(
    argv: list[str], log: str, environment: Mapping[str, object], prepare: Callable[[], object] = int
) -> None:
    """train.py, in a process of its own, and all that this starts in a group of its own."""
    import train
    from util.distributed import joined
    from util.errors import reported

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what is started in the background
    multiprocessing.set_start_method("fork", force=True)  # not from the server that this process comes from
    torch.set_num_threads(1)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    sys.argv = ["train.py", *argv]
    os.environ.update({key: str(value) for key, value in environment.items()})
    prepare()
    with joined() as processes, reported(speaks=processes.first):
        train.main()


def _scalars(run: Path) -> dict[tuple[str, int], float]:
    """What TensorBoard shows of a run, but for its speed: values (float32) by tag and step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tb" / "main"), size_guidance={"scalars": 0}).Reload()
    tags = [tag for tag in events.Tags()["scalars"] if not tag.startswith("speed/")]
    return {(tag, event.step): event.value for tag in tags for event in events.Scalars(tag)}


def _log(run: Path) -> list[str]:
    """The lines of the loss log, without times."""
    lines = (run / "loss_log.txt").read_text().splitlines()
    return [f"{line.split(', time:')[0]} {line.partition(')')[2]}" for line in lines if line.startswith("(epoch")]


def _differences(first: Any, second: Any, path: str = "") -> Iterator[str]:
    """Where two contents of checkpoints differ, but for times."""
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        if not torch.equal(first, second):
            yield path
    elif isinstance(first, dict) and isinstance(second, dict) and first.keys() == second.keys():
        for key in first:
            if key not in ("seconds", "log_size"):
                yield from _differences(first[key], second[key], f"{path}/{key}")
    elif isinstance(first, list | tuple) and isinstance(second, list | tuple) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from _differences(one, other, f"{path}/{index}")
    elif first != second:
        yield path


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=positive, default=60, help="how many, over all cases")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES), help="what to train")
    parser.add_argument("--seed", type=natural, default=0, help="of the moments of the kills")
    args = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), args.seed)
        print("| case | kills | losses compared | largest difference | else |\n|---|---|---|---|---|")
        for case in args.cases:
            outcome = bench.check(case, -(-args.kills // len(args.cases)))
            failed |= bool(outcome.difference or outcome.fault)
            print(
                f"| {case} | {outcome.kills} | {outcome.steps} | {outcome.difference:g} | "
                f"{outcome.fault or 'all the same'} |"
            )
    return int(failed)


if __name__ == "__main__":
    with reported():
        sys.exit(main())
