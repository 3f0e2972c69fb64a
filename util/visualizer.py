"""Where a run tells how it is doing: the terminal, loss_log.txt, TensorBoard, the training page."""
import errno
import os
import shlex
import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from urllib.parse import urlsplit

import numpy as np
import torch
from tqdm import tqdm

from util.errors import UserError, reason
from util.event_log import EventLog
from util.files import write_bytes
from util.html import HTML, TrainingPage
from util.images import save_image, tensor2im

EVENTS = "TensorBoard's events"
SAMPLE_ROWS = 8
WHITE = 255


class Visualizer:
    """All logging of a training run, behind one object. Steps are counted in images.

    Options read: name, checkpoints_dir, no_html, and display_id (≤ 0: no TensorBoard), display_env (name of
    the run in TensorBoard), display_ncols (images a row of the logged grid; 0: each image on its own),
    display_winsize (width of images on the training page), display_server and display_port.

    What can't be written, for lack of space or because a disk is gone, is said once and left out; lines of the loss log
    are kept until they can be written.
    """

    def __init__(self, opt: Namespace, start_iters: int = 0, log_size: int | None = None) -> None:
        """
        start_iters: images that the run had seen when it was saved. TensorBoard drops what an interrupted
            run logged after that, and a new run, from 0, takes the place of an older one of its name.
        log_size: of loss_log.txt at that time, in bytes, as `flush` gave it; the lines after that are cut off.
        """
        self._folder = Path(opt.checkpoints_dir) / opt.name
        self._columns: int = opt.display_ncols
        self._log_path = self._folder / "loss_log.txt"
        self._samples_dir = self._folder / "samples"
        self._tensorboard_dir = self._folder / "tb"
        self._address = (_host(opt.display_server), int(opt.display_port))
        self._page = None if opt.no_html else TrainingPage(self._folder / "web", opt.name, opt.display_winsize)
        self._epoch_is_new = False
        self._events = None
        if opt.display_id > 0:
            # The step at which the run was saved stays.
            self._events = EventLog(self._tensorboard_dir / opt.display_env, start_iters + 1 if start_iters else 0)
        self._failing: set[str] = set()  # what could not be written the last time
        self._unwritten: list[str] = []  # lines of the loss log
        self._folder.mkdir(parents=True, exist_ok=True)
        if log_size is not None and self._log_path.is_file() and self._log_path.stat().st_size > log_size:
            self._write(self._log_path.name, partial(os.truncate, self._log_path, log_size))
        self._append(f"================ Training Loss ({time.strftime('%c')}) ================")

    @property
    def tensorboard_command(self) -> str | None:
        """The command that shows the curves of this run, or None where there are none."""
        if self._events is None:
            return None
        host, port = self._address
        return shlex.join(["tensorboard", "--logdir", str(self._tensorboard_dir),
                           "--host", host, "--port", str(port)])

    def reset(self) -> None:
        """Begin an epoch: the first images that are shown of it go to the training page."""
        self._epoch_is_new = True

    def display_current_results(self, visuals: Mapping[str, torch.Tensor], epoch: int, total_iters: int,
                                save_result: bool, log: bool = True) -> None:
        """Show the first image of each batch (label → NCHW in [-1, 1]).

        save_result: on the training page, in the place of the epoch's images that stand there.
        log: in TensorBoard.
        """
        images = {label: tensor2im(tensor) for label, tensor in visuals.items()}
        if log and self._events is not None:
            self._write(EVENTS, partial(self._log_images, self._events, images, total_iters))
        if self._page is not None and (save_result or self._epoch_is_new):
            self._write("the training page", partial(self._page.update, epoch, images))
            self._epoch_is_new = False

    def save_sample(self, visuals: Mapping[str, torch.Tensor], stage: int, size: int, epoch: int,
                    step: int) -> None:
        """Save up to SAMPLE_ROWS images of a batch (label → NCHW in [-1, 1]), a row each, below samples/, by stage
        (of that many pixels) and epoch; `step` counts batches."""
        count = min(SAMPLE_ROWS, *(len(tensor) for tensor in visuals.values()))
        images = [tensor2im(tensor[row]) for row in range(count) for tensor in visuals.values()]
        path = self._samples_dir / f"stage{stage}_{size}px" / f"epoch{epoch:03d}" / f"step{step:07d}.png"
        self._write("samples", partial(save_image, _grid(images, len(visuals)), path))

    def plot_current_losses(self, epoch: int, total_iters: int, losses: Mapping[str, float]) -> None:
        """Log each loss under `loss/NAME`, and the epoch, which the count of images does not tell."""
        scalars = {f"loss/{name}": value for name, value in losses.items()}
        self.plot_scalars(total_iters, {**scalars, "progress/epoch": epoch})

    def plot_scalars(self, total_iters: int, scalars: Mapping[str, float]) -> None:
        """Log each value under its name, `GROUP/NAME`."""
        if self._events is not None:
            self._write(EVENTS, partial(self._events.add_scalars, scalars, total_iters))

    def print_current_losses(self, epoch: int, iters: int, losses: Mapping[str, float], t_comp: float,
                             t_data: float) -> None:
        """Print a line of losses and append it to loss_log.txt.

        iters: images of this epoch so far. t_comp, t_data: seconds an image took to learn from, to load.
        """
        head = f"(epoch: {epoch}, iters: {iters}, time: {t_comp:.3f}, data: {t_data:.3f})"
        line = " ".join([head, *(f"{name}: {value:.3f}" for name, value in losses.items())])
        # Not print(), which would tear a progress bar apart.
        tqdm.write(line)
        self._append(line)

    def print_validation(self, epoch: int, iters: int, figures: Mapping[str, float], best: bool) -> None:
        """Print a line of figures of validation and append it to loss_log.txt. best: they are the best so far."""
        told = [f"{name}: {value:.3f}" for name, value in figures.items()] + ["best so far"] * best
        line = " ".join([f"(epoch: {epoch}, iters: {iters}, validation)", *told])
        tqdm.write(line)
        self._append(line)

    def show_curves(self, curves: Mapping[str, Sequence[tuple[int, float]]]) -> None:
        """Draw curves on the training page: by title, images that the run had seen, and a figure."""
        if self._page is not None:
            self._write("the training page", partial(self._page.show_curves, curves))

    def name_bad_images(self, faults: Mapping[str, str]) -> bool:
        """Write bad_images.txt: what is wrong with images that training does without, by path, a line each. Whether
        that could be done."""
        lines = [" ".join(f"{path}: {fault}".splitlines()) for path, fault in faults.items()]
        text = "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")  # of names that are no text
        return self._write("bad_images.txt", partial(write_bytes, self._folder / "bad_images.txt", text))

    def flush(self) -> int | None:
        """Write out all that was logged. The size of loss_log.txt, in bytes, or None if it lacks lines."""
        if self._events is not None:
            self._write(EVENTS, self._events.flush)
        self._write_log()
        if self._unwritten:
            return None
        return self._log_path.stat().st_size if self._log_path.exists() else 0  # someone may have removed it

    def close(self) -> None:
        """Write out what TensorBoard has not got yet. Nothing may be logged afterwards."""
        self._write_log()
        if self._events is not None:
            self._write(EVENTS, self._events.close)

    def _log_images(self, events: EventLog, images: Mapping[str, np.ndarray], total_iters: int) -> None:
        if self._columns > 0:
            # The tag names what is in the grid, left to right: TensorBoard has no other place for it.
            images = {"-".join(images): _grid(list(images.values()), self._columns)}
        for label, image in images.items():
            events.add_image(f"visuals/{label}", image, total_iters)

    def _append(self, line: str) -> None:
        self._unwritten.append(f"{line}\n")
        self._write_log()

    def _write_log(self) -> None:
        if self._unwritten:
            self._write(self._log_path.name, self._write_lines)

    def _write_lines(self) -> None:
        content = "".join(self._unwritten).encode()
        with self._log_path.open("ab", buffering=0) as log:
            size = log.tell()
            if log.write(content) < len(content):
                log.truncate(size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._unwritten.clear()

    def _write(self, what: str, write: Callable[[], None]) -> bool:
        """Write something that can be done without; whether it was."""
        try:
            if not self._folder.is_dir():  # a new one would hide what lies on a disk that is gone for a while
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            write()
        except (OSError, UserError) as error:  # the latter from saving images
            if what not in self._failing:
                tqdm.write(f"warning: can't write {what} in {self._folder} ({reason(error)}); training goes on")
            self._failing.add(what)
            return False
        self._failing.discard(what)
        return True


def save_images(web: HTML, visuals: Mapping[str, np.ndarray], name: str, aspect_ratio: float,
                width: int) -> None:
    """Save the images of one page (label → HWC uint8) under the folder of `web`, and show them in a row.

    `fake`, the model's output, becomes images/NAME.png, `real`, its input, inputs/NAME.png, and any other
    label images/NAME_LABEL.png.

    name: the page's relative path without suffix; it may have folders and dots.
    aspect_ratio: width is multiplied by it above 1, height divided by it below 1.
    width: CSS pixels an image takes up on the page.
    Raises UserError where `name` leads out of the folder.
    """
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise UserError(f"the page {name!r} would be saved outside {web.web_dir}; rename it")
    paths = [_result_path(name, label) for label in visuals]
    for path, image in zip(paths, visuals.values(), strict=True):
        save_image(image, web.web_dir / path, aspect_ratio)
    web.add_header(name)
    web.add_images(paths, list(visuals), paths, width)


def _result_path(name: str, label: str) -> str:
    if label == "real":
        return f"inputs/{name}.png"
    return f"images/{name}.png" if label == "fake" else f"images/{name}_{label}.png"


def _grid(images: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Lay HWC uint8 RGB images out in rows of up to `columns`; each is padded at the right and the bottom
    to the size of the largest."""
    height = max(image.shape[0] for image in images)
    width = max(image.shape[1] for image in images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    grid = np.full((rows * height, columns * width, 3), WHITE, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * height, index % columns * width
        grid[top:top + image.shape[0], left:left + image.shape[1]] = image
    return grid


def _host(server: str) -> str:
    """The host in an address like `http://localhost`, with or without the scheme."""
    return urlsplit(server if "//" in server else f"//{server}").hostname or "localhost"
