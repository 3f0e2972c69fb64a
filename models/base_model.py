"""What all training schemes share. A model states its losses, pictures and networks as lists of names; the
loop, the logger and the saver work from these."""
import argparse
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from data.transforms import SQUARES
from models.averages import AVERAGED, AveragedWeights, weights_path
from models.networks import define_D, define_G, foreign
from models.networks.encoders import ResnetEncoder
from models.networks.layers import mixes_images
from models.networks.sync_norm import synchronized
from models.optimizers import new_optimizer, take_up
from models.schedulers import get_scheduler
from util import checkpoint
from util.compiling import begin_step, compile_forward
from util.device import choose_device, generator_states, set_generator_states
from util.distributed import here
from util.errors import UserError
from util.image_pool import ImagePool
from util.images import im2tensor
from util.precision import DataParallel, choose_dtype, choose_memory_format, compute_in, loss_scaler
from util.stages import Stage, plan_stages, stage_at

Batch = dict[str, Any]


class BaseModel(ABC):
    """To add a model, write models/NAME_model.py with a class NameModel(BaseModel) that implements `forward`
    and `optimize_parameters` (and `set_input`, if its batches have other sides than A and B) and fills, in its
    `__init__`:

    loss_names: attributes loss_NAME to log; metric_names: those of them whose sum tells progress (plateau);
    visual_names: attributes to show, tensors (N, C, H, W) in [-1, 1]; model_names: attributes netNAME to save;
    optimizers: in a fixed order; pools: image pools by name.
    """

    sides: tuple[str, ...] = ("A", "B")  # what a batch must hold
    # What of the state is each process's own, and begins anew in one that the save had not.
    own_parts: tuple[str, ...] = ("pools", "generator", "torch_generator", "device_generators")

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        """Add the model's own options and change defaults."""
        return parser

    @staticmethod  # noqa: B027 (a model with nothing to refuse leaves it out)
    def check_options(opt: argparse.Namespace) -> None:
        """Refuse, with UserError, what the model can't work with, before anything is loaded or written."""

    def __init__(self, opt: argparse.Namespace) -> None:
        self.opt = opt
        self.isTrain: bool = opt.isTrain
        self.processes = here()
        self.stages: list[Stage] = plan_stages(opt) if opt.isTrain else []
        self.device, self.gpu_ids = choose_device(opt.gpu_ids)
        # What convolutions compute with; weights, norms' statistics and losses are float32 (or float64) in any case.
        self.dtype = choose_dtype(opt.precision, self.device)
        self.scaler = loss_scaler(self.dtype, self.device)
        # Each weight is read and written once, not once for every operation of Adam.
        self.fused = self.device.type in ("cpu", "cuda") and opt.isTrain and "fused_adam" not in opt.without
        wanted = opt.memory_format if opt.isTrain else "contiguous"
        self.memory_format = choose_memory_format(wanted, self.dtype, self.device)
        self.save_dir = Path(opt.checkpoints_dir) / opt.name
        self.generator = torch.Generator().manual_seed(opt.seed)
        self.loss_names: list[str] = []
        self.metric_names: list[str] = []
        self.visual_names: list[str] = []
        self.model_names: list[str] = []
        self.optimizers: list[torch.optim.Optimizer] = []
        self.rate_options: list[str] = []
        self.schedulers: list[Any] = []
        self.pools: dict[str, ImagePool] = {}
        self.averages: dict[str, AveragedWeights] = {}
        self.image_paths: list[str] = []
        # Dropout draws from torch's own generator; everything else from self.generator and the pools'.
        torch.manual_seed(opt.seed)

    def set_input(self, input: Batch) -> None:
        """Take a batch with both sides: real_A is the side that --direction starts from, real_B the other."""
        self.begin_step()
        source, target = ("A", "B") if self.opt.direction == "AtoB" else ("B", "A")
        self.real_A, self.real_B = self.to_device(input[source]), self.to_device(input[target])
        self.image_paths = input[f"{source}_paths"]

    def begin_step(self) -> None:
        """To be called before the first network runs for a batch."""
        if self.isTrain and self.opt.compile:
            begin_step(self.device)

    def to_device(self, images: torch.Tensor) -> torch.Tensor:
        """The images, uint8 or in [-1, 1], in [-1, 1] where the networks are. Only CUDA copies from pinned memory
        beside the computation; elsewhere an image that is not waited for may be freed before it has been read."""
        images = images.to(self.device, non_blocking=self.device.type == "cuda", memory_format=self.memory_format)
        return im2tensor(images) if images.dtype == torch.uint8 else images

    @abstractmethod
    def forward(self) -> None:
        """Run the generators."""

    @abstractmethod
    def optimize_parameters(self) -> None:
        """One training step on the batch that was set."""

    # Building

    def new_G(
        self, input_nc: int, output_nc: int, netG: str | None = None, generator: torch.Generator | None = None
    ) -> nn.Module:
        """A generator as the options describe it. generator: of its first weights, unless those are the model's."""
        opt = self.opt
        return define_G(
            input_nc, output_nc, opt.ngf, netG or opt.netG, opt.norm, not opt.no_dropout, opt.init_type,
            opt.init_gain, generator or self.generator, opt.encoder,
        )  # fmt: skip

    def build_G(self, input_nc: int, output_nc: int, netG: str | None = None) -> nn.Module:
        """A generator as the options describe it, on the device."""
        opt = self.opt
        net = self.new_G(input_nc, output_nc, netG)
        encoder = getattr(net, "encoder", None)
        if self.isTrain and isinstance(encoder, ResnetEncoder):
            if opt.encoder_weights and not opt.continue_train:
                foreign.load_encoder(encoder, Path(opt.encoder_weights))
            if opt.freeze_encoder:
                encoder.freeze()
        return self._place(net, netG or opt.netG)

    def build_D(self, input_nc: int) -> nn.Module:
        """A discriminator as the options describe it, on the device."""
        opt = self.opt
        net = define_D(
            input_nc, opt.ndf, opt.netD, opt.n_layers_D, opt.norm, opt.init_type, opt.init_gain, self.generator
        )
        # torch can't compile gradients of gradients.
        return self._place(net, opt.netD, compiled=opt.compile and opt.gan_mode != "wgangp")

    def new_optimizer(self, *nets: nn.Module, rate: str = "lr") -> torch.optim.Optimizer:
        """The --optimizer of the parameters of some networks that are not frozen, known to the schedulers and the
        saver.

        rate: name of the option that gives its initial learning rate.
        """
        parameters = [p for net in nets for p in net.parameters() if p.requires_grad]
        lr, betas = getattr(self.opt, rate), (self.opt.beta1, 0.999)
        optimizer = new_optimizer(self.opt.optimizer, parameters, lr, betas, self.fused)
        self.optimizers.append(optimizer)
        self.rate_options.append(rate)
        return optimizer

    def pool(self, name: str) -> ImagePool:
        """An image pool of --pool_size, known to the saver."""
        self.pools[name] = ImagePool(self.opt.pool_size, seed=self.processes.seed(self.opt.seed + len(self.pools)))
        return self.pools[name]

    def setup(self, opt: argparse.Namespace) -> None:
        """Make the schedulers (training) and load the weights (testing, or continuing without a state)."""
        if self.isTrain:
            self.schedulers = [
                get_scheduler(o, opt.lr_policy, opt.epoch_count, self.stages, opt.lr_decay_iters)
                for o in self.optimizers
            ]
        if not self.isTrain or opt.continue_train:
            self.load_networks(opt.epoch)
        if self.isTrain and opt.ema > 0:
            self.averages = {name: self._average(name) for name in self.model_names if name.startswith("G")}
        self.print_networks(opt.verbose)

    def join(self) -> None:
        """Begin as one of several processes: with the weights of the first, and random numbers of its own."""
        self.processes.compute_on(self.device)
        self.processes.spread(tensor for state in self.weights("latest").values() for tensor in state.values())
        if not self.processes.first:
            seed = self.processes.seed(self.opt.seed)
            self.generator.manual_seed(seed)
            torch.manual_seed(seed)

    # Using

    def start_epoch(self, epoch: int) -> None:
        """Get ready for an epoch, or for the rest of it. Old images of another size than those of its stage leave the
        pools: they would make no batch with the new ones."""
        size = stage_at(self.stages, epoch).size
        if self.opt.resize_or_crop in SQUARES:
            for pool in self.pools.values():
                pool.images = [image for image in pool.images if image.shape[-1] == size]

    def train(self) -> None:
        for net in self.networks().values():
            net.train()

    def eval(self) -> None:
        for net in self.networks().values():
            net.eval()

    def test(self) -> None:
        """Run the generators without keeping anything for gradients."""
        with torch.no_grad():
            self.forward()

    def update_learning_rate(self, metric: float | None = None) -> None:
        """Step every scheduler at the end of an epoch; plateau needs the mean metric of that epoch."""
        for scheduler in self.schedulers:
            if isinstance(scheduler, ReduceLROnPlateau):
                if metric is None:
                    raise ValueError("--lr_policy plateau follows the mean metric of the epoch: hand it over")
                scheduler.step(metric)
            else:
                scheduler.step()

    def learning_rates(self) -> dict[str, float]:
        """The learning rate of each optimizer, by the optimizer's attribute name (optimizer_G → G)."""
        names = {id(value): name.removeprefix("optimizer_") for name, value in vars(self).items()}
        return {names[id(o)]: o.param_groups[0]["lr"] for o in self.optimizers}

    def networks(self) -> dict[str, nn.Module]:
        return {name: getattr(self, f"net{name}") for name in self.model_names}

    def get_image_paths(self) -> list[str]:
        return self.image_paths

    def get_current_visuals(self) -> dict[str, torch.Tensor]:
        """What there is to see of the last batch: (N, C, H, W) in [-1, 1] by name."""
        return {name: getattr(self, name) for name in self.visual_names}

    def losses(self, names: Sequence[str]) -> torch.Tensor:
        """These losses of the last step, (len(names),), left on the device."""
        return torch.stack([getattr(self, f"loss_{name}").detach() for name in names])

    def get_current_losses(self) -> dict[str, float]:
        """The losses of the last step, their means where there are several processes. Waits for the device."""
        losses = self.processes.mean(self.losses(self.loss_names))
        return dict(zip(self.loss_names, losses.tolist(), strict=True))

    # Learning

    def backward(self, loss: torch.Tensor) -> None:
        """Compute what the weights that require gradients have to do with a loss."""
        self.scaler.scale(loss).backward()

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Let an optimizer learn from the gradients that its weights have now, in the mean over all processes."""
        self.processes.average_gradients(p for group in optimizer.param_groups for p in group["params"])
        self.scaler.step(optimizer)
        self.scaler.update()
        learned = {parameter for group in optimizer.param_groups for parameter in group["params"]}
        for average in self.averages.values():
            if not learned.isdisjoint(average.net.parameters()):
                average.follow()

    def together(self, net: nn.Module, *batches: torch.Tensor) -> Sequence[torch.Tensor]:
        """What a network makes of several batches: in one pass, if it treats each image by itself, and all have one
        size; else one after the other."""
        one_size = len({images.shape[1:] for images in batches}) == 1
        if not one_size or mixes_images(net) or "batched_passes" in self.opt.without:
            return [net(images) for images in batches]
        return net(torch.cat(batches)).split([len(images) for images in batches])

    def metric(self) -> torch.Tensor:
        """The sum of the last step's losses that tell progress, left on the device; a mean over all processes."""
        return self.processes.mean(self.losses(self.metric_names).sum())

    @staticmethod
    def set_requires_grad(nets: nn.Module | Iterable[nn.Module], requires_grad: bool) -> None:
        """Whether gradients are computed for the weights of these networks."""
        for net in [nets] if isinstance(nets, nn.Module) else nets:
            net.requires_grad_(requires_grad)

    # Saving and loading

    def weights(self, epoch: int | str) -> dict[str, dict[str, torch.Tensor]]:
        """What is to be saved of the networks: a plain state_dict by the name of its file, EPOCH_net_NAME.pth."""
        weights = {f"{epoch}_net_{name}.pth": bare(net).state_dict() for name, net in self.networks().items()}
        averages = {f"{epoch}_net_{name}{AVERAGED}.pth": average.weights for name, average in self.averages.items()}
        return weights | averages

    def save_networks(self, epoch: int | str) -> None:
        """Write the weights of every network."""
        for name, state in self.weights(epoch).items():
            checkpoint.save(state, self.save_dir / name)

    def load_networks(self, epoch: int | str) -> None:
        """Read EPOCH_net_NAME.pth for every network. A discriminator, which is not always handed on with its
        generator, may be missing. Raises UserError when another file is, or when one does not fit."""
        for name, net in self.networks().items():
            path = weights_path(self.save_dir, epoch, name, averaged=not self.isTrain and not self.opt.no_ema)
            if name.startswith("D") and not path.is_file():
                print(f"no {path}: the discriminator {name} begins anew")
            else:
                self.load_network(net, path)

    def _average(self, name: str) -> AveragedWeights:
        """The averaged weights of a network: as they were saved, or beginning with what it has now."""
        average = AveragedWeights(bare(self.networks()[name]), self.opt.ema)
        path = self.save_dir / f"{self.opt.epoch}_net_{name}{AVERAGED}.pth"
        if self.opt.continue_train and path.is_file():
            with average.applied():
                self.load_network(average.net, path)
            average.steps = average.ramp  # of many steps, how many is not known without a state
        return average

    def broken_network(self) -> str | None:
        """The name of a network with weights that are no numbers any more, if there is one. Waits for the device."""
        for name, net in self.networks().items():
            sound = [value.isfinite().all() for value in net.state_dict().values() if value.is_floating_point()]
            if sound and not torch.stack(sound).all():
                return name
        return None

    def load_network(self, net: nn.Module, path: Path) -> None:
        """Load one file of weights, own or foreign, into a network built as the options say."""
        net = bare(net)
        state = foreign.adapt(checkpoint.load_weights(path, self.device), net)
        fault = foreign.misfit(state, net)
        if fault:
            raise UserError(f"{path} is of another architecture: {_difference(state, net) or fault}")
        net.load_state_dict(state)

    def state_dict(self) -> dict[str, Any]:
        """All but the networks that going on exactly needs: optimizers, schedulers, pools, generators."""
        return {
            "optimizers": [o.state_dict() for o in self.optimizers],
            "schedulers": [s.state_dict() for s in self.schedulers],
            "scaler": self.scaler.state_dict(),  # empty but for float16
            "averages": {name: average.steps for name, average in self.averages.items()},
            **self.own_state(),
        }

    def own_state(self) -> dict[str, Any]:
        """What of the state is another in each of several processes."""
        return {
            "pools": {name: pool.state_dict() for name, pool in self.pools.items()},
            "generator": self.generator.get_state(),
            "torch_generator": torch.get_rng_state(),
            "device_generators": generator_states(self.device, self.gpu_ids),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave, except what the command line says otherwise; it may lack what is a process's
        own."""
        opt = self.opt
        for optimizer, rate, saved in zip(self.optimizers, self.rate_options, state["optimizers"], strict=True):
            take_up(optimizer, saved, self.fused)
            for group in optimizer.param_groups:
                group["betas"] = (opt.beta1, group["betas"][1])
                group["lr"] = getattr(opt, rate) if rate in opt.explicit else group["lr"]
        done = {"last_epoch": opt.epoch_count - 1} if "epoch_count" in opt.explicit else {}
        rates = zip(self.optimizers, self.rate_options, strict=True)
        for (optimizer, rate), scheduler, saved in zip(rates, self.schedulers, state["schedulers"], strict=True):
            scheduler.load_state_dict(saved | done)
            if isinstance(scheduler, ReduceLROnPlateau) and "best" not in saved:  # that of a schedule, 0 at its end
                for group in optimizer.param_groups:
                    group["lr"] = getattr(opt, rate)
        for name in self.averages.keys() & state.get("averages", {}).keys():
            self.averages[name].steps = state["averages"][name]
        if self.scaler.is_enabled() and state.get("scaler"):
            self.scaler.load_state_dict(state["scaler"])
        if not self.processes.first and "pools" not in state:
            return
        for name, pool in self.pools.items():
            pool.load_state_dict(state["pools"][name], self.device)
        self.generator.set_state(state["generator"].cpu())
        torch.set_rng_state(state["torch_generator"].cpu())
        set_generator_states(state["device_generators"], self.device, self.gpu_ids)

    def print_networks(self, verbose: bool) -> None:
        """One line a network; the layers too when verbose."""
        for name, net in self.networks().items():
            if verbose:
                print(net)
            millions = sum(p.numel() for p in net.parameters()) / 1e6
            format = f" in {str(self.dtype).removeprefix('torch.')}" if self.dtype != torch.float32 else ""
            print(f"network {name}: {millions:.3f} M parameters on {self.device}{format}")

    def _place(self, net: nn.Module, name: str, compiled: bool | None = None) -> nn.Module:
        """A network where, and how, it computes. compiled: None leaves that to the options."""
        net = synchronized(net, self.processes).to(self.device).to(memory_format=self.memory_format)
        if len(self.gpu_ids) > 1:
            return DataParallel(net, self.gpu_ids, self.dtype)
        if self.isTrain and (self.opt.compile if compiled is None else compiled):
            net = compile_forward(name, net, self.device)
        return compute_in(self.dtype, net, self.device)


def bare(net: nn.Module) -> nn.Module:
    """The network itself, without a wrapper that shares batches over GPUs."""
    return net.module if isinstance(net, nn.DataParallel) else net


def _difference(state: foreign.StateDict, net: nn.Module) -> str:
    """Which options the weights were made with, where they are not those of `net`; else empty."""
    told, own = foreign.infer_options(state), foreign.infer_options(net.state_dict())
    differing = [_as_option(key, value) for key, value in told.items() if own.get(key, value) != value]
    return f"it was made with {' '.join(differing)}: give these" if differing else ""


def _as_option(name: str, value: object) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"(no --{name})"
    return f"--{name} {value}"
