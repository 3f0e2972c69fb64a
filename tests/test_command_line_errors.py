"""Mistakes as a user meets them: one line that says how to mend it, exit status 2, and nothing written."""
import json
from pathlib import Path

import pytest
from PIL import Image

import test as test_door
import train as train_door
from util import checkpoint
from util.errors import reported

GOLDEN = Path(__file__).parent / "golden"
TINY = ["--gpu_ids", "-1", "--num_threads", "0", "--ngf", "2", "--ndf", "2", "--netG", "resnet_6blocks",
        "--loadSize", "24", "--fineSize", "24"]  # fmt: skip
GENERATOR = {"input_nc": 3, "output_nc": 3, "ngf": 4, "netG": "resnet_6blocks", "norm": "instance",
             "no_dropout": True}  # fmt: skip


def draw(path: Path, size: tuple[int, int] = (24, 24)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "orange").save(path)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder with two unpaired domains, in which the doors are run."""
    for side in ("trainA", "trainB"):
        draw(tmp_path / "data" / side / "1.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs a door; gives its exit status (None: no mistake) and what it said on stderr."""

    def run(door, *argv: str) -> tuple[int | str | None, str]:
        monkeypatch.setattr("sys.argv", [f"{door.__name__}.py", *argv])
        capsys.readouterr()
        try:
            with reported():
                door.main()
        except SystemExit as stop:
            return stop.code, capsys.readouterr().err
        return None, capsys.readouterr().err

    return run


def copy_run(root: Path, **options: object) -> None:
    """The golden CycleGAN (ngf 4, resnet_6blocks, instance) as checkpoints/run, with an opt.json if given."""
    for path in (GOLDEN / "cycle_gan" / "init").glob("*.pth"):
        (root / "checkpoints" / "run").mkdir(parents=True, exist_ok=True)
        (root / "checkpoints" / "run" / path.name).write_bytes(path.read_bytes())
    if options:
        (root / "checkpoints" / "run" / "opt.json").write_text(json.dumps(options))


def refused(result: tuple[int | str | None, str]) -> str:
    """The one line of a mistake."""
    status, err = result
    assert status == 2, err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("", "give --dataroot"),
        ("--dataroot nowhere", "no folder nowhere/trainA"),
        ("--dataroot empty", "no images in empty/trainA"),
        ("--dataroot half", "no folder half/trainB"),
        ("--dataroot data --phase val", "no folder data/valA"),
        ("--dataroot broken", "can't read the image broken/trainA/bad.png"),
        ("--dataroot data --fineSize 99", "--fineSize 99 is larger than --loadSize 24"),
        ("--dataroot data --model cyclegan", "(choose from colorizer, cycle_gan, pix2pix, test)"),
        ("--dataroot data --netG resnet", "'resnet_9blocks', 'resnet_6blocks', 'unet_64', 'unet_128', 'unet_256'"),
        ("--dataroot data --netD huge", "(choose from basic, n_layers, pixel, attention)"),
        ("--dataroot data --netG_A resnet", "choose one of resnet_9blocks"),
        ("--dataroot data --dataset_mode paired", "(choose from aligned, coloring, single, unaligned)"),
        ("--dataroot half --model pix2pix", "no pairs: give half/train"),
        ("--dataroot data --batchsize 2", "unrecognized arguments: --batchsize 2"),
        ("--dataroot data --dataset_mode single", "single: give --dataset_mode aligned or unaligned"),
        ("--dataroot data --epoch_count 300", "--epoch_count 300 is beyond the last epoch, 200"),
        ("--dataroot data --continue_train", "no checkpoint checkpoints/experiment_name/latest_net_G_A.pth"),
    ],
)
def test_training_refuses(root, call, argv, told):
    (root / "empty" / "trainA").mkdir(parents=True)
    draw(root / "half" / "trainA" / "1.png")
    for side in ("trainA", "trainB"):
        (root / "broken" / side).mkdir(parents=True)
        (root / "broken" / side / "bad.png").write_bytes(b"no image")
    message = refused(call(train_door, *TINY, *argv.split()))
    # Python versions differ in whether they quote the choices.
    assert told.replace("'", "") in message.replace("./", "").replace("'", "")
    if "broken" not in argv:  # images are read when their turn comes
        assert not (root / "checkpoints").exists()


@pytest.mark.parametrize("threads", ["0", "1"])
def test_unreadable_images_are_named(root, call, threads):
    (root / "data" / "trainA" / "1.png").write_bytes(b"no image")
    message = refused(call(train_door, "--dataroot", "data", *TINY, "--num_threads", threads))
    assert message.startswith("error: can't read the image data/trainA/1.png")


@pytest.mark.parametrize(
    ("door", "argv"),
    [(train_door, [*TINY, "--dataroot", "data"]), (test_door, ["--name", "run", "--dataroot", "data/trainA"])],
)
def test_a_gpu_that_is_not_there(root, call, door, argv, monkeypatch):
    copy_run(root)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    before = sorted(root.rglob("*"))
    assert "--gpu_ids names GPU 5, but this machine has 1" in refused(call(door, *argv, "--gpu_ids", "5"))
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("--dataroot data/trainA --name nobody", "no generator in checkpoints/nobody: looked for latest_net_G.pth"),
        ("--dataroot data/trainA --name run --epoch 7", "looked for 7_net_G.pth and 7_net_G_A.pth"),
        ("--dataroot data/trainA --name run --model_suffix _C", "looked for latest_net_G_C.pth"),
        ("--dataroot data/trainA --name run --ngf 8", "made with --ngf 4: give these"),
        ("--dataroot data/trainA --name run --netG unet_128", "made with --netG resnet_6blocks"),
        ("--dataroot data/trainA --name run --norm batch", "made with --norm instance"),
        ("--dataroot nowhere --name run", "no file or folder nowhere"),
        ("--dataroot data --name run --phase train --dataset_mode unaligned", "give --dataset_mode single"),
        ("--dataroot data/trainA --name run --aspect_ratio 0", "--aspect_ratio 0 leaves no image"),
    ],
)
def test_coloring_refuses(root, call, argv, told):
    copy_run(root)
    before = sorted((root / "checkpoints").rglob("*"))
    message = refused(call(test_door, "--gpu_ids", "-1", "--num_threads", "0", *argv.split()))
    assert told in message.replace("./", "")
    assert sorted((root / "checkpoints").rglob("*")) == before


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--ngf", "4", "--ndf", "4", "--netG", "unet_128"], "G_A.pth is of another architecture: it was made with"),
        (["--ngf", "5", "--ndf", "4"], "--ngf 4: give these"),
        (["--ngf", "4", "--ndf", "5"], "D_A.pth is of another architecture: it was made with --ndf 4: give these"),
    ],
)
def test_foreign_weights_to_continue_from_must_fit(root, call, argv, told):
    copy_run(root)
    before = sorted(root.rglob("*"))
    given = ["--dataroot", "data", "--name", "run", "--continue_train"]
    assert told in refused(call(train_door, *TINY, *given, *argv))
    assert sorted(root.rglob("*")) == before


def test_hostile_weights_are_refused(root, call):
    copy_run(root)
    (root / "checkpoints" / "run" / "latest_net_G_A.pth").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    refused(call(test_door, "--dataroot", "data/trainA", "--name", "run", "--gpu_ids", "-1"))
    assert not (root / "owned").exists()


def test_a_damaged_state_is_named(root, call):
    copy_run(root)
    state = root / "checkpoints" / "run" / "latest_state.pth"
    given = [*TINY, "--ngf", "4", "--ndf", "4", "--dataroot", "data", "--name", "run", "--continue_train"]
    state.write_bytes((root / "checkpoints" / "run" / "latest_net_G_A.pth").read_bytes()[:500])
    assert "latest_state.pth" in refused(call(train_door, *given))


def test_the_state_of_something_else_is_named(root, call):
    copy_run(root)
    checkpoint.save({"model": {}, "position": {"epoch": 3}}, root / "checkpoints" / "run" / "latest_state.pth")
    given = [*TINY, "--ngf", "4", "--ndf", "4", "--dataroot", "data", "--name", "run", "--continue_train"]
    assert "latest_state.pth is no state of this run" in refused(call(train_door, *given))


def test_pairs_are_colored_in_the_direction_that_was_trained(root, call):
    copy_run(root, direction="BtoA", **GENERATOR)
    run = root / "checkpoints" / "run"
    (run / "latest_net_G_A.pth").rename(run / "latest_net_G.pth")
    given = ["--dataroot", "data/trainA", "--name", "run", "--direction", "AtoB", "--gpu_ids", "-1"]
    assert "was trained BtoA and knows no way back" in refused(call(test_door, *given))


def test_weights_are_not_written_over_by_a_new_run(root, call):
    copy_run(root)
    told = "checkpoints/run holds weights already: add --continue_train to go on, or give another --name"
    assert told in refused(call(train_door, *TINY, "--dataroot", "data", "--name", "run"))


def test_volumes_called_a_and_b_are_no_data_set(root, call):
    copy_run(root)
    for volume in "AB":
        draw(root / "scans" / f"arc{volume}" / "1.png")
    assert call(test_door, "--dataroot", "scans", "--name", "run", "--gpu_ids", "-1", "--num_threads", "0")[0] is None
    made = root / "results" / "run" / "test_latest" / "images"
    assert sorted(str(path.relative_to(made)) for path in made.rglob("*.png")) == ["arcA/1.png", "arcB/1.png"]


def test_pairs_side_by_side_are_not_colored_as_scans(root, call):
    copy_run(root)
    for phase in ("train", "test"):
        draw(root / "pairs" / phase / "1.png", (48, 24))
    message = refused(call(test_door, "--dataroot", "pairs", "--name", "run", "--gpu_ids", "-1"))
    assert "add --model pix2pix" in message


def test_options_that_lack_something_are_read_off_the_weights(root, call):
    copy_run(root, name="run", ngf=4)
    assert call(test_door, "--dataroot", "data/trainA", "--name", "run", "--gpu_ids", "-1")[0] is None


def test_what_was_shown_before_a_bad_image_is_on_the_page(root, call):
    copy_run(root, **GENERATOR)
    (root / "data" / "trainA" / "2.png").write_bytes(b"no image")
    given = ["--model", "cycle_gan", "--dataroot", "data", "--phase", "train", "--name", "run", "--gpu_ids", "-1",
             "--num_threads", "0"]  # fmt: skip
    assert "2.png" in refused(call(test_door, *given))
    assert "images/1_fake_B.png" in (root / "results" / "run" / "train_latest" / "index.html").read_text()


def test_ctrl_c_is_one_line(root, call, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_door, "create_model", interrupt)
    assert call(train_door, *TINY, "--dataroot", "data") == (130, "interrupted\n")


def test_a_data_set_without_the_phase_is_not_colored_whole(root, call):
    copy_run(root)
    message = refused(call(test_door, "--dataroot", "data", "--name", "run", "--gpu_ids", "-1"))
    assert "no folder data/testA" in message
    assert "train" in message


def test_verbose_gives_the_traceback(root, call):
    status, err = call(train_door, "--dataroot", "nowhere", *TINY, "--verbose")
    assert status == 2
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("error: no folder nowhere/trainA")


@pytest.mark.parametrize("door", [train_door, test_door])
def test_help_tells_the_options_of_the_model_too(root, call, door, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["door", "--model", "cycle_gan", "--help"])
    with pytest.raises(SystemExit) as stop, reported():
        door.main()
    assert stop.value.code == 0
    told = capsys.readouterr().out
    assert "--netG_A" in told
    assert "(default: 286)" in told
    assert ("--lambda_A" in told) == (door is train_door)
