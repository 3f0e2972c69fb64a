"""Training steps of every model with the defaults of train.py, each optimisation switched on by itself, at batches of
one and at the best size. Images are random; their content costs no time."""
from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from models import BaseModel, create_model
from models.networks import define_G
from options.train_options import OPTIMISATIONS, TrainOptions
from scripts.benchmarking.hardware import format_of, formats
from scripts.benchmarking.rows import Report, Row
from scripts.benchmarking.timing import CudaMemory, Effort, busy_share, compare, peak_in_child, sample, warm_up
from util import checkpoint

SECTION = "training steps"
SCAN_GENERATOR = "scan_generator.pth"
MODELS = {
    "cycle_gan": ["--model", "cycle_gan"],
    "pix2pix": ["--model", "pix2pix"],
    "colorizer": ["--model", "colorizer", "--stages", "256"],
}
QUICK = {
    "cycle_gan": ["--netG", "resnet_6blocks", "--fineSize", "32", "--loadSize", "32"],
    "pix2pix": ["--netG", "unet_128", "--fineSize", "32", "--loadSize", "32"],
    "colorizer": ["--stages", "64"],
}
QUICK_WIDTH = ["--ngf", "4", "--ndf", "4"]


@dataclass(frozen=True)
class Variant:
    """Options of train.py to compare. format: which the device must have units for. starts_slowly: not tried at every
    size of batches, each of which would take minutes."""

    options: Sequence[str]
    format: str = "fp32"
    starts_slowly: bool = False

    def fits(self, effort: Effort) -> bool:
        """Whether it is worth measuring."""
        known = self.format in {format.name for format in formats(effort.device)}
        return known and not (effort.quick and self.starts_slowly)


OFF = ["--precision", "fp32", "--memory_format", "contiguous", "--without", *OPTIMISATIONS]
# The first is the one that the others are compared with: plain float32, every optimisation off. Of an option that is
# given twice the last value counts.
VARIANTS = {
    "plain float32": Variant(OFF),
    "bfloat16": Variant([*OFF, "--precision", "bf16"], "bf16"),
    "float16": Variant([*OFF, "--precision", "fp16"], "fp16"),
    "channels_last": Variant([*OFF, "--memory_format", "channels_last"]),
    "bfloat16, channels_last": Variant([*OFF, "--precision", "bf16", "--memory_format", "channels_last"], "bf16"),
    "batched passes": Variant([*OFF, "--without", "fused_adam"]),
    "fused Adam": Variant([*OFF, "--without", "batched_passes"]),
    "compiled": Variant([*OFF, "--compile"], starts_slowly=True),
    "defaults of train.py": Variant([]),
    "all but compiled, bfloat16": Variant(["--precision", "bf16"], "bf16"),
    "all, bfloat16": Variant(["--precision", "bf16", "--compile"], "bf16", starts_slowly=True),
    "all, float16": Variant(["--precision", "fp16", "--compile"], "fp16", starts_slowly=True),
}
PLAIN = next(iter(VARIANTS))

GAIN = 1.05  # of throughput that doubling the batch must bring
MOST_IMAGES = 512  # in a batch
MOST_SECONDS = {"cuda": 5.0, "cpu": 30.0, "quick": 0.2}  # of a step, beyond which no larger batch is tried


class Step:
    """A training step of a model as train.py would make it, again and again on one batch."""

    def __init__(self, options: Sequence[str], device: torch.device, folder: Path, images: int) -> None:
        gpu = "-1" if device.type == "cpu" else str(device.index or 0)
        argv = ["--dataroot", "none", "--checkpoints_dir", str(folder), "--gpu_ids", gpu, *options]
        if "colorizer" in options:
            argv += ["--scan_generator", str(folder / SCAN_GENERATOR)]
        with redirect_stdout(io.StringIO()):
            opt = TrainOptions().parse([*argv, "--batch_size", str(images)])
            self.model: BaseModel = create_model(opt)
            self.model.setup(opt)
        self.model.train()
        self.model.start_epoch(1)
        self.batch: dict[str, object] = {}
        for side in self.model.sides:
            channels = opt.input_nc if side == "A" else opt.output_nc
            chance = torch.Generator().manual_seed(len(self.batch))
            maps = torch.rand(images, channels, opt.fineSize, opt.fineSize, generator=chance) * 2 - 1
            self.batch[side] = maps.pin_memory() if device.type == "cuda" else maps
            self.batch[f"{side}_paths"] = [""] * images

    def __call__(self) -> None:
        self.model.set_input(self.batch)
        self.model.optimize_parameters()


def measure(
    effort: Effort, report: Report, ceilings: dict[str, float], models: Sequence[str], variants: Sequence[str]
) -> None:
    """Rows of the models with the variants. ceilings: FLOP/s of convolutions by format, where they were measured."""
    checkpoint.save(define_G(3, 1, 4 if effort.quick else 64, "scan").state_dict(), effort.folder / SCAN_GENERATOR)
    chosen = [name for name in variants if VARIANTS[name].fits(effort)]
    for model in models:
        _Comparison(model, effort, report, ceilings).run(chosen)


class _Comparison:
    """The rows of one model."""

    def __init__(self, model: str, effort: Effort, report: Report, ceilings: dict[str, float]) -> None:
        self.model, self.effort, self.report, self.ceilings = model, effort, report, ceilings
        self.flops: float | None = None  # for an image

    def run(self, variants: Sequence[str]) -> None:
        with self.report.attempt(SECTION, f"{self.model}, FLOPs"):
            self.flops = self._count()
        speeds = self._at_size(variants, 1)
        plain = [name for name in speeds if not VARIANTS[name].starts_slowly]
        if not plain:
            return
        # The best size is looked for with what starts at once, and taken for what starts slowly.
        fastest = max(plain, key=lambda name: speeds[name])
        size, why = self._best_size(fastest)
        if size > 1:
            slow = [name for name in speeds if VARIANTS[name].starts_slowly]
            self._at_size(dict.fromkeys([*(n for n in (PLAIN, fastest) if n in speeds), *slow]), size, why)
        else:
            self.report.add(Row(SECTION, f"{self.model}, {fastest}, larger batches", note=why))

    def _options(self, variant: str) -> list[str]:
        quick = [*QUICK[self.model], *QUICK_WIDTH] if self.effort.quick else []
        return [*MODELS[self.model], *quick, *VARIANTS[variant].options]

    def _step(self, variant: str, images: int) -> Step:
        return Step(self._options(variant), self.effort.device, self.effort.folder, images)

    def _count(self) -> float:
        """Floating-point operations of a step for an image. Counted without compiling, which would hide them."""
        step = self._step(PLAIN, 1)
        with FlopCounterMode(display=False) as counter:
            step()
        return counter.get_total_flops()

    def _at_size(self, variants: Sequence[str] | dict[str, None], images: int, note: str = "") -> dict[str, float]:
        """Measure and tell batches of one size; images/s of each."""
        steps: dict[str, Step] = {}
        memory: dict[str, int | None] = {}
        for name in variants:
            with self.report.attempt(SECTION, self._title(name, images)):
                steps[name], memory[name] = self._ready(name, images)
        seconds, errors = compare(steps, self.effort)
        for name, step in steps.items():
            title = self._title(name, images)
            if name in errors:
                self.report.fail(SECTION, title, errors[name])
                continue
            busy = None
            with self.report.attempt(SECTION, f"{title}: share of the time that the device is busy"):
                busy = busy_share(step, self.effort.device)
            with self.report.attempt(SECTION, f"{title}: memory"):
                memory[name] = memory[name] or self._memory_on_cpu(name, images)
            self._tell(name, step, images, seconds, memory[name], busy, note)
        return {name: images / value for name, value in seconds.items()}

    def _ready(self, variant: str, images: int) -> tuple[Step, int | None]:
        """A step that has been made some times already, and the bytes that it took at most, where CUDA tells."""
        used = CudaMemory(self.effort.device)
        step = self._step(variant, images)
        warm_up(step, self.effort.device, 1 if self.effort.device.type == "cpu" else 5)
        return step, used.peak()

    def _tell(
        self, name: str, step: Step, images: int, seconds: dict[str, float], memory: int | None, busy: float | None,
        note: str,
    ) -> None:  # fmt: skip
        flops = None if self.flops is None else self.flops * images
        ceiling = self.ceilings.get(format_of(step.model.dtype, self.effort.device))
        share = flops / seconds[name] / ceiling if flops and ceiling else None
        factor = f"{seconds[PLAIN] / seconds[name]:.2f} × {PLAIN}" if PLAIN in seconds and name != PLAIN else ""
        self.report.add(Row(
            SECTION, self._title(name, images), seconds[name], images / seconds[name], "images/s", flops, share,
            memory, busy, "; ".join(filter(None, (factor, note))),
        ))  # fmt: skip

    def _title(self, variant: str, images: int) -> str:
        return f"{self.model}, {variant}, batch of {images}"

    def _memory_on_cpu(self, variant: str, images: int) -> int | None:
        if self.effort.device.type != "cpu" or (self.effort.quick and (self.model, variant) != ("pix2pix", PLAIN)):
            return None
        return peak_in_child(_steps, self._options(variant), self.effort.folder, images)

    def _best_size(self, variant: str) -> tuple[int, str]:
        """The batch size of most images/s, found by doubling, and why it was not doubled again."""
        best, speed, images = 1, 0.0, 1
        limit = MOST_SECONDS[self.effort.scale]
        once = replace(self.effort, rounds=1)
        while images <= MOST_IMAGES:
            measured = Report()
            with measured.attempt(SECTION, ""):
                seconds = sample(self._ready(variant, images)[0], once)
            if measured.rows:
                return best, f"{images}: {measured.rows[0].note}"
            if images / seconds < GAIN * speed:
                return best, f"{images} bring no more"
            best, speed = images, images / seconds
            if seconds > limit / 2:
                return best, f"{2 * images} were not tried, for lack of time"
            images *= 2
        return best, ""


def _steps(options: Sequence[str], folder: Path, images: int) -> None:
    """Two steps: the second has all that the first made, such as the moments of Adam."""
    step = Step(options, torch.device("cpu"), folder, images)
    for _ in range(2):
        step()


