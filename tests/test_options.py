"""What a user can say: the seed's options, newer names for them, what is refused, what an earlier run lends."""
import json
import re
from argparse import Namespace
from pathlib import Path

import pytest

import test as door
from options.test_options import TestOptions
from options.train_options import TrainOptions
from util.errors import UserError

SEED = (Path(__file__).parent / "seed_options.txt").read_text(encoding="utf-8")


def seed_options() -> list[tuple[str, str]]:
    """Name and default of every option in the seed's help text, which argparse broke into lines at blanks."""
    entries = [" ".join(entry.split()) for entry in SEED.split("\n  --")[1:]]
    return [(entry.split()[0], entry.rpartition("(default: ")[2].removesuffix(")")) for entry in entries]



def parse(*argv: str) -> Namespace:
    return TrainOptions().parse(["--dataroot", "somewhere", *argv])


def write_run(folder: Path, **options: object) -> list[str]:
    """The opt.json of an earlier run, and the arguments that name it."""
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "opt.json").write_text(json.dumps(options))
    return ["--checkpoints_dir", str(folder), "--name", "run"]


def test_all_of_the_seed_is_read():
    assert len(seed_options()) == 52
    assert ("lr_decay_iters", "50") in seed_options()


@pytest.mark.parametrize(("name", "default"), seed_options())
def test_options_of_the_seed_have_its_defaults(name, default):
    parsed = vars(TrainOptions().parser().parse_args([]))
    assert name in parsed
    assert str(parsed[name]) == default


@pytest.mark.parametrize(("name", "value"), [o for o in seed_options() if o[1] not in ("False", "None", "")])
def test_options_of_the_seed_take_their_defaults_as_values(name, value):
    assert str(vars(TrainOptions().parser().parse_args([f"--{name}", value]))[name]) == value


@pytest.mark.parametrize(
    ("argument", "value", "name"),
    [
        ("--load_size", 300, "loadSize"),
        ("--crop_size", 200, "fineSize"),
        ("--preprocess", "crop", "resize_or_crop"),
        ("--n_epochs", 7, "niter"),
        ("--n_epochs_decay", 8, "niter_decay"),
        ("--gan_mode", "vanilla", "gan_mode"),
    ],
)
def test_newer_names(argument, value, name):
    opt = parse(argument, str(value))
    assert getattr(opt, name) == value
    assert opt.explicit == {"dataroot", name}


def test_linear_is_lambda():
    assert parse("--lr_policy", "linear").lr_policy == "lambda"


def test_how_many_is_num_test(tmp_path):
    run = write_run(tmp_path, model="cycle_gan")
    assert TestOptions().parse([*run, "--model", "cycle_gan", "--how_many", "3"]).num_test == 3


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        ("{model}_{netG}_size{loadSize}", "x_cycle_gan_resnet_9blocks_size286"),
        ("_v2", "x_v2"),
        ("by{lambda_A:g}", "x_by10"),
        ("", "x"),
    ],
)
def test_suffix(suffix, name):
    assert parse("--name", "x", "--suffix", suffix).name == name


@pytest.mark.parametrize("suffix", ["{nonsense}", "{0}", "{", "}", "{model.x}", "{ngf[0]}", "{ngf:s}"])
def test_suffix_that_can_not_be_filled_in(suffix):
    with pytest.raises(UserError, match=re.escape(f"--suffix {suffix} can't be filled in")):
        parse("--suffix", suffix)


@pytest.mark.parametrize(
    ("text", "ids"), [("0", [0]), ("0,1,2", [0, 1, 2]), ("0,2", [0, 2]), ("-1", []), ("", []), ("0,", [0])]
)
def test_gpu_ids(text, ids):
    assert parse("--gpu_ids", text).gpu_ids == ids


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("--fineSize 300", "--fineSize 300 is larger than --loadSize 286"),
        ("--fineSize 300 --resize_or_crop scale_width_and_crop", "--fineSize 300 is larger"),
        ("--batch_size 2 --resize_or_crop none", "give --batch_size 1"),
        ("--batch_size 2 --resize_or_crop scale_width", "give --batch_size 1"),
        ("--gan_mode wgangp --norm batch", "give --norm instance"),
        ("--gan_mode wgangp --resize_or_crop none", "give --resize_or_crop scale_width_and_crop"),
        ("--no_lsgan --gan_mode lsgan", "contradict each other"),
        ("--fineSize 23", "give at least 24"),
        ("--fineSize 47 --netD n_layers --n_layers_D 4", "give at least 48"),
        ("--niter 0 --niter_decay 0", "nothing to train"),
        ("--lr 0", "0 learns nothing"),
        ("--lr nan", "nan learns nothing"),
        ("--beta1 1", "--beta1 1 is outside"),
        ("--gpu_ids a", "--gpu_ids a: give numbers"),
        ("--model test", "--model test can't be trained"),
        ("--batch_size 0", "0 is less than 1"),
        ("--ngf x", "x is no whole number"),
        ("--init_gain -1", "-1 is no number of 0 or more"),
        ("--max_dataset_size 0", "0 is less than 1"),
        ("--nonsense 1", "--nonsense"),
        ("--load 300", "--load"),  # no guessing from beginnings of names
    ],
)
def test_refusals(argv, told):
    with pytest.raises(UserError) as caught:
        parse(*argv.split())
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "argv",
    [
        "--fineSize 300 --resize_or_crop crop",
        "--fineSize 286",
        "--fineSize 24",
        "--fineSize 6 --netD n_layers --n_layers_D 1",
        "--fineSize 1 --netD pixel",
        "--fineSize 1 --resize_or_crop none",
        "--niter 0 --niter_decay 1",
        "--batch_size 2 --resize_or_crop crop",
        "--gan_mode wgangp --norm none",
        "--max_dataset_size inf",
    ],
)
def test_not_refused(argv):
    parse(*argv.split())


@pytest.mark.parametrize("ratio", ["0", "-1", "nan"])
def test_aspect_ratio_must_leave_an_image(ratio, tmp_path):
    run = write_run(tmp_path, model="cycle_gan")
    with pytest.raises(UserError, match="--aspect_ratio"):
        TestOptions().parse([*run, "--model", "cycle_gan", f"--aspect_ratio={ratio}"])


@pytest.mark.parametrize(
    ("argv", "mode"),
    [
        ("", "lsgan"),
        ("--no_lsgan", "vanilla"),
        ("--no_lsgan --gan_mode wgangp", "wgangp"),
        ("--model pix2pix", "vanilla"),
        ("--model pix2pix --gan_mode lsgan", "lsgan"),
        ("--model pix2pix --no_lsgan", "vanilla"),
    ],
)
def test_objective(argv, mode):
    opt = parse(*argv.split())
    assert opt.gan_mode == mode
    assert opt.no_lsgan == (mode != "lsgan")


def test_each_model_has_its_own_defaults():
    pairs = parse("--model", "pix2pix")
    assert (pairs.norm, pairs.netG, pairs.dataset_mode) == ("batch", "unet_256", "aligned")
    assert (pairs.pool_size, pairs.no_dropout, pairs.lambda_L1) == (0, False, 100)
    unpaired = parse()
    assert (unpaired.norm, unpaired.netG, unpaired.dataset_mode) == ("instance", "resnet_9blocks", "unaligned")
    assert (unpaired.pool_size, unpaired.no_dropout) == (50, True)
    assert (unpaired.lambda_A, unpaired.lambda_B, unpaired.lambda_identity) == (10, 10, 0.5)
    assert not hasattr(unpaired, "lambda_L1")


@pytest.fixture
def earlier(tmp_path):
    """The arguments to go on with a run of pix2pix that was made with many options."""
    made = TrainOptions()
    argv = "--model pix2pix --ngf 8 --norm instance --lr 0.001 --niter 3 --gan_mode lsgan --suffix s --no_flip"
    here = ["--checkpoints_dir", str(tmp_path), "--name", "run", "--gpu_ids", "-1"]
    made.save(made.parse([*here, *argv.split(), "--dataroot", "pairs", "--epoch_count", "2"]))
    (tmp_path / "run_s" / "latest_net_G.pth").touch()
    return [*here[:4], "--suffix", "s", "--continue_train"]


def test_a_continued_run_takes_the_options_of_the_earlier_one(earlier):
    opt = TrainOptions().parse(earlier)
    assert (opt.model, opt.dataset_mode, opt.dataroot, opt.gpu_ids) == ("pix2pix", "aligned", "pairs", [])
    assert (opt.ngf, opt.norm, opt.netG, opt.no_flip) == (8, "instance", "unet_256", True)
    assert (opt.lr, opt.niter, opt.niter_decay, opt.gan_mode) == (0.001, 3, 100, "lsgan")
    assert opt.max_dataset_size == float("inf")
    assert opt.epoch_count == 1  # where it begins comes from the saved state
    assert opt.name == "run_s"
    assert opt.explicit == {"checkpoints_dir", "name", "suffix", "continue_train"}


def test_what_is_given_wins_over_the_earlier_run(earlier):
    opt = TrainOptions().parse([*earlier, "--lr", "0.5", "--niter", "9", "--no_lsgan", "--dataroot", "others"])
    assert (opt.lr, opt.niter, opt.gan_mode, opt.dataroot, opt.ngf) == (0.5, 9, "vanilla", "others", 8)


@pytest.mark.parametrize(
    ("option", "value"),
    [("model", "cycle_gan"), ("ngf", "16"), ("ndf", "8"), ("netG", "unet_128"), ("norm", "batch"), ("input_nc", "1"),
     ("netD", "pixel"), ("n_layers_D", "2")],
)  # fmt: skip
def test_the_architecture_of_an_earlier_run_stays(earlier, option, value):
    with pytest.raises(UserError, match=rf"was trained with {option} .*: leave out --{option}"):
        TrainOptions().parse([*earlier, f"--{option}", value])


@pytest.mark.parametrize("content", ["{", "[]", ""])
def test_damaged_options_are_named(tmp_path, content):
    run = write_run(tmp_path)
    (tmp_path / "run" / "opt.json").write_text(content)
    with pytest.raises(UserError, match=r"opt\.json .*: mend or remove it"):
        parse(*run, "--continue_train")


def test_options_are_told_with_the_defaults_they_differ_from(tmp_path):
    options = TrainOptions()
    opt = options.parse(["--dataroot", "a", "--ngf", "8", "--checkpoints_dir", str(tmp_path), "--name", "n"])
    options.save(opt)
    lines = (tmp_path / "n" / "opt.txt").read_text().splitlines()
    assert [line for line in lines if line.strip().startswith("ngf:")] == [
        f"{'ngf':>25}: {8:<30}\t[default: 64]"
    ]
    assert not any("[default" in line for line in lines if line.strip().startswith("ndf:"))
    saved = json.loads((tmp_path / "n" / "opt.json").read_text())
    assert saved["ngf"] == 8
    assert saved["max_dataset_size"] == "inf"
    assert "explicit" not in saved


@pytest.mark.parametrize(("encoder", "evaluated"), [("conv", False), ("resnet18", True)])
def test_batch_norms_of_a_pretrained_encoder_keep_their_statistics(tmp_path, encoder, evaluated):
    options = TrainOptions()
    here = ["--checkpoints_dir", str(tmp_path), "--name", "run", "--gpu_ids", "-1"]
    opt = options.parse([*here, "--dataroot", "a", "--model", "pix2pix", "--netG", "attn_unet", "--encoder", encoder])
    options.save(opt)
    (tmp_path / "run" / "latest_net_G.pth").touch()
    tested = TestOptions().parse([*here, "--dataroot", "pages"])
    assert (tested.netG, tested.encoder, tested.eval) == ("attn_unet", encoder, evaluated)


def test_what_a_continued_run_did_not_begin_with(earlier):
    change = ["--netG", "attn_unet", "--encoder", "resnet18", "--encoder_weights", "new.pth"]
    with pytest.raises(UserError, match="was trained with netG unet_256: leave out --netG"):
        TrainOptions().parse([*earlier, *change])


def test_an_encoder_can_not_be_frozen_later(tmp_path):
    options = TrainOptions()
    here = ["--checkpoints_dir", str(tmp_path), "--name", "run", "--gpu_ids", "-1"]
    networks = ["--model", "pix2pix", "--netG", "attn_unet", "--encoder", "resnet18", "--encoder_weights", "a.pth"]
    options.save(options.parse([*here, "--dataroot", "a", *networks]))
    (tmp_path / "run" / "latest_net_G.pth").touch()
    with pytest.raises(UserError, match="has begun without this --freeze_encoder: leave it out"):
        TrainOptions().parse([*here, "--continue_train", "--freeze_encoder"])


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("ngf", [8], "ngf is [8], not a whole number above 0"),
        ("ngf", True, "ngf is True, not a whole number above 0"),
        ("netG", "x\ny", "netG is 'x\\ny', not a generator that is known here"),
        ("norm", ["batch"], "norm is ['batch'], not instance, batch or none"),
        ("direction", None, "direction is None, not AtoB or BtoA"),
        ("input_nc", 2, "input_nc is 2, not 1 or 3"),
        ("crop_part", 0.5, "crop_part is 0.5, not two numbers"),
        ("gpu_ids", [[0]], "gpu_ids is [[0]], not numbers"),
        ("erasing_area", 0.1, "erasing_area can't be 0.1"),
        ("stages", 0.5, "stages can't be 0.5"),
        ("stages", ["\ud800"], "stages can't be ['\\ud800']"),
        ("niter", [1], "niter can't be [1]"),
        ("niter", {"a": 1}, "niter can't be {'a': 1}"),
        ("lr", float("nan"), "lr can't be nan"),
        ("batch_size", 10**30 * -1, "batch_size is -1000"),
        ("stage_batch_sizes", [], "stage_batch_sizes is [], not whole numbers above 0"),
        ("niter_decay", 10**30 * -1, "niter_decay can't be -1000"),
        ("no_flip", "yes", "no_flip can't be 'yes'"),
        ("dataroot", "a\0b", "dataroot can't be 'a\\x00b'"),
        ("dataroot", 5, "dataroot can't be 5"),
        ("model", "nonsense", "model can't be 'nonsense'"),
    ],
)
def test_an_earlier_run_can_have_no_values_that_the_command_line_would_not_take(tmp_path, key, value, told):
    with pytest.raises(UserError) as caught:
        parse(*write_run(tmp_path, **{key: value}), "--continue_train")
    assert f"{tmp_path}/run/opt.json: {told}" in str(caught.value)
    assert str(caught.value).endswith(": mend or remove it")
    assert "\n" not in str(caught.value)


def test_options_nested_deeper_than_can_be_read(tmp_path):
    run = write_run(tmp_path)
    (tmp_path / "run" / "opt.json").write_text('{"ngf": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(UserError, match=r"opt\.json can't be read"):
        parse(*run, "--continue_train")


def test_options_without_a_direction_were_trained_from_a_to_b(tmp_path):
    run = write_run(tmp_path, ngf=8)
    (tmp_path / "run" / "latest_net_G.pth").touch()
    with pytest.raises(UserError, match="was trained AtoB and knows no way back"):
        TestOptions().parse([*run, "--direction", "BtoA"])


@pytest.mark.parametrize(
    "change", [{"seconds": float("inf")}, {"seconds": float("nan")}, {"epochs": [3]}, {"images": "many"}, {}]
)
def test_a_history_of_something_else_is_named(tmp_path, change):
    told = {"command": "train.py", "epochs": 3, "images": 600, "seconds": 75, "machine": "2 cores"}
    opt = Namespace(checkpoints_dir=str(tmp_path), name="run")
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "training.json"
    path.write_text(json.dumps(told | change) if change else "[" * 100_000)
    with pytest.raises(UserError, match=r"training\.json can't be read .*: mend or remove it"):
        door.history(opt)
    path.write_text(json.dumps(told | {"machine": "a\nb\ud800"}))
    assert door.history(opt) == ["The run was trained for 3 epochs, 600 images, in 75 s on a b?, by: train.py"]
