"""Train a model on your own drawings.

    python train.py --dataroot datasets/onepiece --name onepiece                    # unpaired: trainA, trainB
    python train.py --dataroot datasets/onepiece --name onepiece --continue_train   # go on after a break
    python train.py --dataroot datasets/pairs --name pairs --model pix2pix          # pairs
    python train.py --dataroot colorings --name color --model colorizer --scan_generator checkpoints/scans

What it writes is in checkpoints/NAME: weights (*_net_*.pth), the state to go on from (latest_state.pth), the
losses (loss_log.txt), pictures (web/index.html) and TensorBoard events (tb/).
`python train.py --help` tells every option; docs/training.md how to use them.
"""
import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from data import ImageLoader, create_dataset
from models import BaseModel, create_model
from models.base_model import Batch
from models.saver import STATE, Saver
from options.train_options import TrainOptions, run_folder
from util.device import describe_device
from util.errors import RunError, UserError, reason, reported
from util.files import settle
from util.loss_watch import LossWatch
from util.progress import Position, StepTimer, duration
from util.run_lock import sole_run
from util.stages import stage_at
from util.stop_signals import StopSignals
from util.visualizer import Visualizer

NOTHING = "none yet"


def main() -> None:
    options = TrainOptions()
    folder = run_folder(options.parse())
    with sole_run(folder), StopSignals() as signals:
        put_in_order(folder)
        opt = options.parse()  # again: now no other run changes what it depends on
        if "continue_train" in opt.explicit and not opt.continue_train:
            print(f"{folder} was not saved yet: beginning anew with its options")
        dataset = create_dataset(opt)
        model = create_model(opt)
        model.setup(opt)
        training = Training(opt, dataset, model, signals)
        training.start()
        if training.position.epoch > training.last_epoch:
            larger = "--stage_epochs" if opt.stages else "--niter or --niter_decay"
            print(f"{model.save_dir} is trained to its last epoch: give a larger {larger} to go on")
            return
        print(options.text(opt))
        options.save(opt)
        training.run()


def put_in_order(folder: Path) -> None:
    """Finish a save that an earlier process was killed in."""
    try:
        settle(folder)
    except OSError as error:
        raise UserError(f"can't put the last save in {folder} in order ({reason(error)}): make room there") from error


class Training:
    """A run, from where it begins or goes on to its last epoch, or to where it is stopped."""

    def __init__(self, opt: argparse.Namespace, dataset: ImageLoader, model: BaseModel, signals: StopSignals) -> None:
        self.opt, self.dataset, self.model, self.signals = opt, dataset, model, signals
        self.position = Position(epoch=opt.epoch_count, log_size=None if opt.continue_train else 0)
        self.saver = Saver(model, {"position": self.position, "data": dataset})
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
        position, model = self.position, self.model
        self.visualizer = Visualizer(self.opt, position.total_iters, position.log_size)
        print(f"{len(self.dataset)} training images, epochs {position.epoch} to {self.last_epoch}")
        if self.visualizer.tensorboard_command:
            print(f"to watch: {self.visualizer.tensorboard_command}")
        model.train()
        try:
            while position.epoch <= self.last_epoch:
                self.train_epoch()
        finally:
            self.visualizer.close()
        print(f"done: {position.total_iters} images in {duration(position.seconds)}; weights in {model.save_dir}")

    def train_epoch(self) -> None:
        """What is left of the epoch in hand: learn, then lower the learning rate and save."""
        opt, model, position = self.opt, self.model, self.position
        epoch = position.epoch
        self.stage = stage_at(model.stages, epoch)
        position.stage = self.stage.number
        if len(model.stages) > 1 and epoch == self.stage.before + 1:
            size, batch_size = self.stage.size, self.stage.batch_size
            print(f"stage {self.stage.number} of {len(model.stages)}: {size} pixels, batches of {batch_size}")
        model.start_epoch(epoch)
        self.visualizer.reset()
        self.dataset.start(epoch, skip=position.epoch_iters)
        self.timer = StepTimer(position)
        with tqdm(
            desc=f"epoch {epoch}/{self.last_epoch}", total=len(self.dataset), initial=position.epoch_iters, unit="img",
            leave=False, disable=None,
        ) as bar:  # fmt: skip
            for batch in self.timer.timed(self.batches()):
                model.set_input(batch)
                images = len(model.get_image_paths())
                model.optimize_parameters()
                self.timer.step_done(images)
                self.watch.note(model.losses(model.loss_names), position.total_steps)
                if opt.lr_policy == "plateau":
                    position.metric_sum = position.metric_sum + model.metric()
                bar.update(images)
                self.report(images)
                self.save_or_stop(position.due(opt.save_latest_freq, images))
        self.finish_epoch()

    def batches(self) -> Iterator[Batch]:
        """What is left of the epoch in hand. If the data fails, what was learned is saved before that is told."""
        try:
            yield from self.dataset
        except UserError:
            if self.signals.received or self.position.total_steps > self.saved_steps:
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
        if bad.replaced:
            print(f"epoch {epoch}: unreadable images replaced by others: {bad.replaced}; bad_images.txt names them")
        model.update_learning_rate(float(position.metric_sum) / max(1, position.epoch_steps))
        position.next_epoch()
        bad.replaced = 0
        last = epoch == self.last_epoch
        if epoch % opt.save_epoch_freq == 0 or last:
            self.save(epoch, must=last)

    def report(self, images: int) -> None:
        """Losses and pictures, whenever the last step of `images` images made them due."""
        opt, model, position, visualizer = self.opt, self.model, self.position, self.visualizer
        if position.due(opt.print_freq, images):
            self.check_losses()
            losses = model.get_current_losses()
            visualizer.print_current_losses(
                position.epoch, position.epoch_iters, losses, self.timer.step_seconds / images,
                self.timer.wait_seconds / images,
            )  # fmt: skip
            visualizer.plot_current_losses(position.epoch, position.total_iters, losses)
            rates = {f"learning_rate/{name}": rate for name, rate in model.learning_rates().items()}
            speed = {"speed/images_per_second": self.timer.images_per_second()}
            visualizer.plot_scalars(position.total_iters, rates | speed)
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

    def save_or_stop(self, due: bool) -> None:
        """After a step: save if that is due, and stop if someone wants it or the data is in too bad a state."""
        bad = self.dataset.bad_images
        if len(bad.faults) > self.named and self.visualizer.name_bad_images(bad.faults):
            self.named = len(bad.faults)
        stop = bool(self.signals.received)
        if due or stop or bad.too_many:
            self.save(must=stop)
        if stop:
            print(f"stopped by {self.signals.name} after {self.saved}: --continue_train goes on from there")
            sys.exit(self.signals.status)
        if bad.too_many:
            raise UserError(
                f"{len(bad.faults)} of {bad.files} training images can't be read, more than --max_bad_images "
                f"{bad.most:g}: mend or remove those that {self.model.save_dir / 'bad_images.txt'} names, and go on "
                "with --continue_train"
            )

    def save(self, epoch: int | None = None, must: bool = False) -> None:
        """Save the run as it is now, and the networks also as those of an epoch, where one is given.

        What is broken is not saved: RunError. Nor does the last save suffer if there is no room for a new one: training
        goes on, unless there must be one: RunError.
        """
        self.check_losses()
        try:
            self.position.log_size = self.visualizer.flush()
            self.saver.save(self.history(), epoch)
        except RunError as error:
            raise self.broken(str(error)) from error
        except OSError as error:
            told = f"can't save in {self.model.save_dir} ({reason(error)}); last good save: {self.saved}"
            if must:
                raise RunError(f"{told}: make room there, and go on from it with --continue_train") from error
            tqdm.write(f"warning: {told}; training goes on")
        else:
            self.note_save()

    def note_save(self) -> None:
        """The run is saved as it is now."""
        self.saved, self.saved_steps = str(self.position), self.position.total_steps

    def check_losses(self) -> None:
        """Raises RunError if a loss has not been a finite number at some step."""
        found = self.watch.first_broken()
        if found:
            name, iteration = found
            raise self.broken(f"the loss {name} is no finite number since iteration {iteration}")

    def broken(self, what: str) -> RunError:
        """Why the run can't go on, and what can be done."""
        way = "begin anew" if self.saved == NOTHING else "go on from it with --continue_train"
        return RunError(f"{what}, in epoch {self.position.epoch}; last good save: {self.saved}. To {way}, lower --lr")

    def history(self) -> dict[str, object]:
        """For people, how far this training has come."""
        position = self.position
        return {
            "command": " ".join(["python", "train.py", *sys.argv[1:]]),
            "epochs": position.epoch - 1,
            "stage": position.stage,
            "images": position.total_iters,
            "seconds": round(position.seconds),
            "machine": describe_device(self.model.device),
        }


if __name__ == "__main__":
    with reported():
        main()
