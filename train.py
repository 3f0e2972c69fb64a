"""Train a model on your own drawings.

    python train.py --dataroot datasets/onepiece --name onepiece                    # unpaired: trainA, trainB
    python train.py --dataroot datasets/onepiece --name onepiece --continue_train   # go on after a break
    python train.py --dataroot datasets/pairs --name pairs --model pix2pix          # pairs
    python train.py --dataroot colorings --name color --model colorizer --scan_generator checkpoints/scans
    torchrun --nproc_per_node=8 train.py --dataroot datasets/onepiece --name onepiece    # on eight GPUs

What it writes is in checkpoints/NAME: weights (*_net_*.pth), the state to go on from (latest_state.pth), the
losses (loss_log.txt), pictures (web/index.html) and TensorBoard events (tb/).
`python train.py --help` tells every option; docs/training.md how to use them.
"""
import argparse
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from data import ImageLoader, create_dataset
from models import BaseModel, create_model
from models.base_model import Batch
from models.saver import STATE, Saver
from models.validation import Validation, can_validate
from options.train_options import TrainOptions, run_folder
from util.cores import usable_cores
from util.device import describe_device, own_gpu
from util.distributed import Processes, here, joined
from util.elastic import command, marks, restarted
from util.errors import RunError, UserError, reason, reported
from util.files import settle
from util.loss_watch import LossWatch
from util.progress import Position, StepTimer, duration, slow_data
from util.run_lock import is_locked_by, sole_run, this_process
from util.stages import stage_at
from util.stop_signals import StopSignals
from util.visualizer import Visualizer

NOTHING = "none yet"
SIGHT_SECONDS = 30  # for a new folder to be seen over a network


def main() -> None:
    options, processes = TrainOptions(), here()
    with ExitStack() as stack:
        with processes.together():
            if processes.first:
                folder = run_folder(options.parse())
                stack.enter_context(sole_run(folder))
                put_in_order(folder)
        signals = stack.enter_context(StopSignals(processes.count > 1, processes.first))
        with processes.together():
            opt = options.parse()  # again: now no other run changes what it depends on
        in_sight_of_all(run_folder(opt), processes)
        training = set_up(opt, signals, processes)
        if training.position.epoch > training.last_epoch:
            larger = "--stage_epochs" if opt.stages else "--niter or --niter_decay"
            print(f"{run_folder(opt)} is trained to its last epoch: give a larger {larger} to go on")
            return
        with processes.together():
            if processes.first:
                print(options.text(opt))
                options.save(opt)
        training.run()


def in_sight_of_all(folder: Path, processes: Processes) -> None:
    """Raises UserError if a process does not see the folder of the run as the first one does."""
    holder, end = processes.share(this_process()), time.monotonic() + SIGHT_SECONDS
    with processes.together():
        while not (seen := processes.first or is_locked_by(holder, folder)) and time.monotonic() < end:
            time.sleep(0.5)
        if not seen:
            raise UserError(
                f"{platform.node()} does not see {folder} as the first machine does: give a --checkpoints_dir that all "
                "machines share"
            )


def set_up(opt: argparse.Namespace, signals: StopSignals, processes: Processes) -> "Training":
    """The training that the options ask for, at the place from where it goes on."""
    if not opt.continue_train and ("continue_train" in opt.explicit or restarted(run_folder(opt))):
        print(f"{run_folder(opt)} was not saved yet: beginning anew with its options")
    if processes.count > 1:
        named = opt.gpu_ids if "gpu_ids" in opt.explicit or opt.gpu_ids != [0] else None
        opt = argparse.Namespace(**vars(opt) | {"gpu_ids": own_gpu(named, processes.local_rank)})
    with processes.together():
        dataset = create_dataset(opt)
        model = create_model(opt)
        model.setup(opt)
    model.join()
    censuses = processes.told(dataset.census)
    validates = processes.share(can_validate(opt))  # the first does it, and others may not see the drawings
    with processes.together():
        if any(census != censuses[0] for census in censuses):
            raise UserError(f"not all processes see the same images in {opt.dataroot}: copy them to all machines")
        training = Training(opt, dataset, model, signals, validates)
        training.start()
    return training


def put_in_order(folder: Path) -> None:
    """Finish a save that an earlier process was killed in."""
    try:
        settle(folder)
    except OSError as error:
        raise UserError(f"can't put the last save in {folder} in order ({reason(error)}): make room there") from error


class Training:
    """A run, from where it begins or goes on to its last epoch, or to where it is stopped."""

    def __init__(
        self, opt: argparse.Namespace, dataset: ImageLoader, model: BaseModel, signals: StopSignals, validates: bool
    ) -> None:
        """validates: whether there is something to measure colorings with; the same in all processes."""
        self.opt, self.dataset, self.model, self.signals = opt, dataset, model, signals
        self.processes = model.processes
        self.position = Position(epoch=opt.epoch_count, log_size=None if opt.continue_train else 0)
        self.validates = validates
        self.validation = Validation(opt, model) if self.validates and self.processes.first else None
        parts = {"validation": self.validation} if self.validation else {}
        self.saver = Saver(model, {"position": self.position, "data": dataset, **parts})
        self.saved = NOTHING  # the last good save, in words
        self.saved_steps = 0
        self.named = 0  # how many bad images the list of them has
        self.watch = LossWatch(model.loss_names, model.device)
        self.last_epoch = model.stages[-1].last_epoch

    def start(self) -> None:
        """Find out where training begins: at --epoch_count, or with --continue_train where the last save left off."""
        opt, position, path = self.opt, self.position, self.model.save_dir / STATE
        if not opt.continue_train:
            return
        if opt.epoch != "latest" or not path.is_file():
            print(
                f"going on from the networks of epoch {opt.epoch} alone, with epoch {position.epoch}: optimizers, "
                "learning rates, image pools and random generators begin anew"
            )
            return
        self.saver.restore()
        self.note_save()
        if self.saver.inexact:
            print(f"the number of processes is another ({self.saver.inexact}): it goes on, but not exactly as it was")
        if self.dataset.changed:
            print(f"warning: the data set has changed since the last save ({self.dataset.changed})")
        if "epoch_count" in opt.explicit:
            position.next_epoch()
            position.epoch = opt.epoch_count
            self.dataset.bad_images.replaced = 0
            return
        # The save at the end of a stage belongs to the stage still; its epoch is the first of the next one.
        stage = stage_at(self.model.stages, position.epoch if position.epoch_iters else position.epoch - 1)
        if stage.number != position.stage and position.total_iters:
            raise UserError(
                f"{path} was saved in stage {position.stage}, but with these options epoch {position.epoch} belongs to "
                f"stage {stage.number}: keep the epochs of earlier stages with --stage_epochs, or give --epoch_count"
            )

    def run(self) -> None:
        """Train to the last epoch."""
        position, model, count = self.position, self.model, self.processes.count
        shared = f", {count} processes" if count > 1 else ""
        print(f"{len(self.dataset)} training images, epochs {position.epoch} to {self.last_epoch}{shared}")
        with ExitStack() as stack:
            if self.processes.first:
                self.visualizer = Visualizer(self.opt, position.total_iters, position.log_size)
                stack.callback(self.visualizer.close)
                if self.validation:
                    self.visualizer.show_curves(self.validation.curves())
                if self.visualizer.tensorboard_command:
                    print(f"to watch: {self.visualizer.tensorboard_command}")
            model.train()
            while position.epoch <= self.last_epoch:
                self.train_epoch()
        print(f"done: {position.total_iters} images in {duration(position.seconds)}; weights in {model.save_dir}")

    def train_epoch(self) -> None:
        """What is left of the epoch in hand: learn, then lower the learning rate and save."""
        opt, model, position = self.opt, self.model, self.position
        epoch = position.epoch
        self.stage = stage_at(model.stages, epoch)
        position.stage = self.stage.number
        if len(model.stages) > 1 and epoch == self.stage.before + 1:
            size, batch_size = self.stage.size, self.processes.count * self.stage.batch_size
            print(f"stage {self.stage.number} of {len(model.stages)}: {size} pixels, batches of {batch_size}")
        model.start_epoch(epoch)
        if self.processes.first:
            self.visualizer.reset()
        self.dataset.start(epoch, skip=position.epoch_iters)
        self.timer = StepTimer(position)
        with tqdm(
            desc=f"epoch {epoch}/{self.last_epoch}", total=len(self.dataset), initial=position.epoch_iters, unit="img",
            leave=False, disable=None if self.processes.first else True,
        ) as bar:  # fmt: skip
            for batch in self.timer.timed(self.batches()):
                model.set_input(batch)
                batch_size = self.processes.count * len(model.get_image_paths())
                images = min(batch_size, len(self.dataset) - position.epoch_iters)
                self.learn()
                self.timer.step_done(images)
                self.watch.note(model.losses(model.loss_names), position.total_steps)
                if opt.lr_policy == "plateau":
                    position.metric_sum = position.metric_sum + model.metric()
                bar.update(images)
                self.report(images)
                if self.validates and position.due(opt.val_freq, images):
                    self.validate()
                self.save_or_stop(position.due(opt.save_latest_freq, images))
        self.finish_epoch()

    def learn(self) -> None:
        """A step. What networks refuse, as images that are too small, is told with the names of the images."""
        try:
            self.model.optimize_parameters()
        except RunError:  # of another process, or of the machine
            raise
        except UserError as error:
            raise UserError(f"{error} (at {', '.join(map(str, self.model.get_image_paths()))})") from error

    def batches(self) -> Iterator[Batch]:
        """What is left of the epoch in hand. If the data fails, what was learned is saved before that is told."""
        try:
            yield from self.dataset
        except UserError:
            if self.stopping() or self.position.total_steps > self.saved_steps:
                self.save_or_stop(due=True)
            raise

    def finish_epoch(self) -> None:
        """Say how the epoch went, lower the learning rate, and save."""
        opt, model, position, timer = self.opt, self.model, self.position, self.timer
        epoch, bad = position.epoch, self.dataset.bad_images
        rates = ", ".join(f"{rate:.3g}" for rate in model.learning_rates().values())
        # An epoch of another stage takes about as much longer as its images have more pixels.
        later = range(epoch + 1, self.last_epoch + 1)
        pixels = sum(stage_at(model.stages, number).size ** 2 for number in later)
        left = duration(pixels / self.stage.size**2 * len(self.dataset) / timer.images_per_second())
        print(
            f"epoch {epoch} of {self.last_epoch}: {duration(timer.elapsed())}, {timer.images_per_second():.2f} "
            f"images/s, learning rate {rates}, {left} left"
        )
        cores = max(1, usable_cores() // self.processes.local_count)
        slow = slow_data(timer.waiting(), self.dataset.loader.num_workers, cores, opt.cache)
        if slow:
            print(f"epoch {epoch}: {slow}")
        if bad.replaced:
            print(f"epoch {epoch}: unreadable images replaced by others: {bad.replaced}; bad_images.txt names them")
        last = epoch == self.last_epoch
        if last and self.validates and position.validated < position.total_iters:
            self.validate()
        if opt.plateau_on == "loss":
            model.update_learning_rate(float(position.metric_sum) / max(1, position.epoch_steps))
        elif position.validated > position.total_iters - position.epoch_iters:  # in this epoch
            loss = self.processes.share(self.validation.loss if self.validation else None)
            if loss is not None:
                model.update_learning_rate(loss)
        position.next_epoch()
        bad.replaced = 0
        if epoch % opt.save_epoch_freq == 0 or last:
            self.save(epoch, must=last)

    def report(self, images: int) -> None:
        """Losses and pictures, whenever the last step of `images` images made them due."""
        if self.position.due(self.opt.print_freq, images):
            self.check_losses()
            losses = self.model.get_current_losses()
            if self.processes.first:
                self.tell(losses, images)
        if self.processes.first:
            self.show(images)

    def tell(self, losses: dict[str, float], images: int) -> None:
        """Print and log how training goes."""
        position, visualizer, timer = self.position, self.visualizer, self.timer
        visualizer.print_current_losses(
            position.epoch, position.epoch_iters, losses, timer.step_seconds / images, timer.wait_seconds / images
        )
        visualizer.plot_current_losses(position.epoch, position.total_iters, losses)
        rates = {f"learning_rate/{name}": rate for name, rate in self.model.learning_rates().items()}
        speed = {"speed/images_per_second": timer.images_per_second()}
        visualizer.plot_scalars(position.total_iters, rates | speed)

    def show(self, images: int) -> None:
        """Save, log and put on the training page what is to be seen, whenever that is due."""
        opt, model, position, visualizer = self.opt, self.model, self.position, self.visualizer
        sample = opt.sample_freq > 0 and position.total_steps % opt.sample_freq == 0
        if sample:
            visualizer.save_sample(
                model.get_current_visuals(), self.stage.number, self.stage.size, position.epoch, position.total_steps
            )
        on_page = sample or position.due(opt.update_html_freq, images)
        log = sample or position.due(opt.display_freq, images)
        if on_page or log:
            visualizer.display_current_results(
                model.get_current_visuals(), position.epoch, position.total_iters, on_page, log
            )

    def validate(self) -> None:
        """Measure colorings of drawings that are not learned from. The networks are kept if these are the best."""
        self.position.validated = self.position.total_iters
        before = self.validation.best if self.validation else None
        with self.processes.together():
            best = self.validation is not None and self.measure(self.validation)
        if self.processes.any(best) and not self.save("best") and self.validation:
            self.validation.best = before  # those are still the ones that are kept

    def measure(self, validation: Validation) -> bool:
        """Measure, print and log; whether these are the best colorings so far."""
        position, visualizer = self.position, self.visualizer
        best = validation.run(position.total_iters)
        visualizer.print_validation(position.epoch, position.epoch_iters, validation.latest, best)
        scalars = {f"val/{name}": value for name, value in validation.latest.items()}
        visualizer.plot_scalars(position.total_iters, scalars)
        visualizer.show_curves(validation.curves())
        return best

    def save_or_stop(self, due: bool) -> None:
        """After a step: save if that is due, and stop if someone wants it or the data is in too bad a state."""
        bad = self.dataset.bad_images
        if self.processes.first and len(bad.faults) > self.named and self.visualizer.name_bad_images(bad.faults):
            self.named = len(bad.faults)
        stop = self.stopping()
        if due or stop or bad.too_many:
            self.save(must=stop)
        if stop:
            print(f"stopped by {self.signals.name} after {self.saved}: --continue_train goes on from there")
            self.processes.wait_for_all()
            sys.exit(self.signals.status)
        if bad.too_many:
            with self.processes.together():
                raise UserError(
                    f"{len(bad.faults)} of {bad.files} training images can't be read, more than --max_bad_images "
                    f"{bad.most:g}: mend or remove those that {self.model.save_dir / 'bad_images.txt'} names, and go "
                    "on with --continue_train"
                )

    def stopping(self) -> bool:
        """Whether a process was asked to stop: then all are."""
        asked = self.processes.highest(self.signals.received)
        if asked:  # else a signal may have come meanwhile, which the others will know of after the next step
            self.signals.received = asked
        return bool(asked)

    def save(self, epoch: int | str | None = None, must: bool = False) -> bool:
        """Save the run as it is now, and the networks also as those of an epoch, where one is given; whether that could
        be done.

        What is broken is not saved: RunError. Nor does the last save suffer if there is no room for a new one: training
        goes on, unless there must be one: RunError.
        """
        self.check_losses()
        states = self.processes.gather(self.model.own_state() if self.processes.count > 1 else {})
        with self.processes.together():
            saved = self.processes.first and self.write(states[1:], epoch, must)
        saved = self.processes.any(saved)
        if saved:
            self.note_save()
        return saved

    def write(self, others: list[dict[str, Any]], epoch: int | str | None, must: bool) -> bool:
        """Write a save; whether that could be done. others: what the processes after this one have of their own."""
        try:
            self.position.log_size = self.visualizer.flush()
            self.saver.save(self.history(), epoch, others)
        except RunError as error:
            raise self.broken(str(error)) from error
        except OSError as error:
            told = f"can't save in {self.model.save_dir} ({reason(error)}); last good save: {self.saved}"
            if must:
                raise RunError(f"{told}: make room there, and go on from it with --continue_train") from error
            tqdm.write(f"warning: {told}; training goes on")
            return False
        return True

    def note_save(self) -> None:
        """The run is saved as it is now."""
        self.saved, self.saved_steps = str(self.position), self.position.total_steps

    def check_losses(self) -> None:
        """Raises RunError if a loss has not been a finite number at some step."""
        found = self.processes.told(self.watch.first_broken())
        if found:
            name, iteration = min(found, key=lambda entry: entry[1])
            with self.processes.together():
                raise self.broken(f"the loss {name} is no finite number since iteration {iteration}")

    def broken(self, what: str) -> RunError:
        """Why the run can't go on, and what can be done."""
        way = "begin anew" if self.saved == NOTHING else "go on from it with --continue_train"
        return RunError(f"{what}, in epoch {self.position.epoch}; last good save: {self.saved}. To {way}, lower --lr")

    def history(self) -> dict[str, object]:
        """For people, how far this training has come."""
        position = self.position
        return {
            "command": command(),
            "epochs": position.epoch - 1,
            "stage": position.stage,
            "images": position.total_iters,
            "seconds": round(position.seconds),
            "machine": describe_device(self.model.device),
            **marks(),
        }


if __name__ == "__main__":
    with joined() as processes, reported(speaks=processes.first):
        main()
