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
import json
import sys

from tqdm import tqdm

from data import ImageLoader, create_dataset
from models import BaseModel, create_model
from options.train_options import TrainOptions
from util import checkpoint
from util.device import describe_device
from util.errors import UserError, reported
from util.files import write_text
from util.progress import Position, StepTimer, duration
from util.stages import Stage, stage_at
from util.visualizer import Visualizer


def main() -> None:
    options = TrainOptions()
    opt = options.parse()
    dataset = create_dataset(opt)
    model = create_model(opt)
    model.setup(opt)
    position = start_position(opt, model)
    last_epoch = model.stages[-1].last_epoch
    if position.epoch > last_epoch:
        larger = "--stage_epochs" if opt.stages else "--niter or --niter_decay"
        print(f"{model.save_dir} is trained to its last epoch: give a larger {larger} to go on")
        return
    print(options.text(opt))
    options.save(opt)
    visualizer = Visualizer(opt, start_iters=position.total_iters)
    print(f"{len(dataset)} training images, epochs {position.epoch} to {last_epoch}")
    if visualizer.tensorboard_command:
        print(f"to watch: {visualizer.tensorboard_command}")
    model.train()
    while position.epoch <= last_epoch:
        train_epoch(opt, dataset, model, visualizer, position)
    visualizer.close()
    print(f"done: {position.total_iters} images in {duration(position.seconds)}; weights in {model.save_dir}")


def train_epoch(
    opt: argparse.Namespace, dataset: ImageLoader, model: BaseModel, visualizer: Visualizer, position: Position
) -> None:
    """What is left of the epoch in hand: learn, then lower the learning rate and save."""
    epoch, last = position.epoch, model.stages[-1].last_epoch
    stage = stage_at(model.stages, epoch)
    position.stage = stage.number
    if len(model.stages) > 1 and epoch == stage.before + 1:
        print(f"stage {stage.number} of {len(model.stages)}: {stage.size} pixels, batches of {stage.batch_size}")
    model.start_epoch(epoch)
    visualizer.reset()
    dataset.start(epoch, skip=position.epoch_iters)
    timer = StepTimer(position)
    with tqdm(
        desc=f"epoch {epoch}/{last}", total=len(dataset), initial=position.epoch_iters, unit="img", leave=False,
        disable=None,
    ) as bar:  # fmt: skip
        for batch in timer.timed(dataset):
            model.set_input(batch)
            images = len(model.get_image_paths())
            model.optimize_parameters()
            timer.step_done(images)
            if opt.lr_policy == "plateau":
                position.metric_sum += model.metric().item()
            bar.update(images)
            report(opt, model, visualizer, position, stage, timer, images)
            if position.due(opt.save_latest_freq, images):
                save(model, position)
    rates = ", ".join(f"{rate:.3g}" for rate in model.learning_rates().values())
    # An epoch of another stage takes about as much longer as its images have more pixels.
    pixels = sum(stage_at(model.stages, later).size ** 2 for later in range(epoch + 1, last + 1))
    left = duration(pixels / stage.size**2 * len(dataset) / timer.images_per_second())
    print(
        f"epoch {epoch} of {last}: {duration(timer.elapsed())}, {timer.images_per_second():.2f} images/s, "
        f"learning rate {rates}, {left} left"
    )
    model.update_learning_rate(position.metric_sum / position.epoch_steps)
    position.next_epoch()
    if epoch % opt.save_epoch_freq == 0 or epoch == last:
        model.save_networks(epoch)
        save(model, position)


def report(
    opt: argparse.Namespace, model: BaseModel, visualizer: Visualizer, position: Position, stage: Stage,
    timer: StepTimer, images: int,
) -> None:  # fmt: skip
    """Losses and pictures, whenever the last step of `images` images made them due."""
    if position.due(opt.print_freq, images):
        losses = model.get_current_losses()
        visualizer.print_current_losses(
            position.epoch, position.epoch_iters, losses, timer.step_seconds / images, timer.wait_seconds / images
        )
        visualizer.plot_current_losses(position.epoch, position.total_iters, losses)
        rates = {f"learning_rate/{name}": rate for name, rate in model.learning_rates().items()}
        speed = {"speed/images_per_second": timer.images_per_second()}
        visualizer.plot_scalars(position.total_iters, rates | speed)
    sample = opt.sample_freq > 0 and position.total_steps % opt.sample_freq == 0
    if sample:
        visualizer.save_sample(
            model.get_current_visuals(), stage.number, stage.size, position.epoch, position.total_steps
        )
    on_page = sample or position.due(opt.update_html_freq, images)
    log = sample or position.due(opt.display_freq, images)
    if on_page or log:
        visualizer.display_current_results(
            model.get_current_visuals(), position.epoch, position.total_iters, on_page, log
        )


def save(model: BaseModel, position: Position) -> None:
    """The latest networks, all that going on needs, and for people how far this training has come."""
    model.save_networks("latest")
    checkpoint.save({"model": model.state_dict(), "position": position.as_dict()}, model.save_dir / "latest_state.pth")
    history = {
        "command": " ".join(["python", "train.py", *sys.argv[1:]]),
        "epochs": position.epoch - 1,
        "stage": position.stage,
        "images": position.total_iters,
        "seconds": round(position.seconds),
        "machine": describe_device(model.device),
    }
    write_text(model.save_dir / "training.json", json.dumps(history, indent=1) + "\n")


def start_position(opt: argparse.Namespace, model: BaseModel) -> Position:
    """Where training begins: at --epoch_count, or with --continue_train where the saved state left off."""
    path = model.save_dir / "latest_state.pth"
    if not opt.continue_train:
        return Position(epoch=opt.epoch_count)
    if opt.epoch != "latest" or not path.is_file():
        print(f"going on from the networks of epoch {opt.epoch} alone: optimizers and image pools begin anew")
        return Position(epoch=opt.epoch_count)
    state = checkpoint.load(path)
    try:
        model.load_state_dict(state["model"])
        position = Position(**state["position"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{path} is no state of this run: remove it, and training goes on from the networks alone"
        ) from error
    if "epoch_count" in opt.explicit:
        position.next_epoch()
        position.epoch = opt.epoch_count
        return position
    # The save at the end of a stage belongs to the stage still; its epoch is the first of the next one.
    stage = stage_at(model.stages, position.epoch if position.epoch_iters else position.epoch - 1)
    if stage.number != position.stage and position.total_iters:
        raise UserError(
            f"{path} was saved in stage {position.stage}, but with these options epoch {position.epoch} belongs to "
            f"stage {stage.number}: keep the epochs of earlier stages with --stage_epochs, or give --epoch_count"
        )
    return position


if __name__ == "__main__":
    with reported():
        main()
