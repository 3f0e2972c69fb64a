"""What is saved comes back; what is damaged, foreign or hostile is refused in one line, and never run."""
import os
import pickle
import random
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
import torch
from torch import nn

from models import trained
from models.networks import define_G, foreign
from util import checkpoint
from util.errors import UserError


class Trap:
    """Unpickled, makes a file."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self):
        return os.mkdir, (str(self.sprung),)


def plain_pickle(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=2))


def new_pickle(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=4))


def refusal(path: Path, load=checkpoint.load_weights) -> str:
    """What is said about a file that can't be used; one line that names it."""
    with pytest.raises(UserError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "latest_net_G.pth"
    checkpoint.save(nn.Conv2d(3, 8, 3).state_dict(), path)
    return path


def test_round_trip(tmp_path):
    content = {"a": torch.randn(2, 3), "b": [1, 2.5, float("inf"), None, "text"], "c": {"deep": torch.arange(3)}}
    checkpoint.save(content, tmp_path / "new" / "folder" / "state.pth")
    back = checkpoint.load(tmp_path / "new" / "folder" / "state.pth")
    assert torch.equal(back["a"], content["a"])
    assert torch.equal(back["c"]["deep"], content["c"]["deep"])
    assert back["b"] == content["b"]


@pytest.mark.parametrize("save", [torch.save, plain_pickle, new_pickle, lambda c, p: torch.save(
    c, p, _use_new_zipfile_serialization=False)], ids=["zip", "pickle", "new pickle", "legacy"])  # fmt: skip
@pytest.mark.parametrize("load", [checkpoint.load, checkpoint.load_weights])
def test_code_in_a_file_is_not_run(tmp_path, save, load):
    path, sprung = tmp_path / "evil.pth", tmp_path / "sprung"
    save({"weight": torch.zeros(1), "trap": Trap(sprung)}, path)
    assert "not loaded" in refusal(path, load)
    assert not sprung.exists()
    # The trap works: it is the loading that is safe.
    torch.load(path, weights_only=False) if "pickle" not in save.__name__ else pickle.loads(path.read_bytes())
    assert sprung.exists()


def test_truncated_files(weights):
    whole = weights.read_bytes()
    for length in (0, 1, 10, 100, len(whole) // 2, len(whole) - 1):
        weights.write_bytes(whole[:length])
        refusal(weights)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_random_files(tmp_path):
    chance = random.Random(0)
    path = tmp_path / "noise.pth"
    for head in (b"", b"PK\x03\x04", b"\x80\x02", b"\x80\x04\x95", b"(", b"}q", b"cos\nsystem\n"):
        for length in (1, 7, 64, 1000):
            path.write_bytes(head + chance.randbytes(length))
            refusal(path)


def test_missing_file(tmp_path):
    assert "check --name, --checkpoints_dir and --epoch" in refusal(tmp_path / "7_net_G.pth")
    refusal(tmp_path)  # a folder


@pytest.mark.parametrize(
    "content",
    [{}, [torch.zeros(1)], torch.zeros(1), {"epoch": 3}, {"weight": torch.zeros(1), "epoch": 3}, {1: torch.zeros(1)},
     {"state_dict": {"weight": torch.zeros(1)}}, None],
)  # fmt: skip
def test_other_things_than_a_state_dict(tmp_path, content):
    path = tmp_path / "other.pth"
    checkpoint.save(content, path)
    assert "no state_dict of a network" in refusal(path)


class Unpicklable:
    def __reduce__(self):
        raise RuntimeError("in the midst of it")


def test_an_error_in_the_midst_leaves_the_old_file(weights):
    before = weights.read_bytes()
    with pytest.raises(RuntimeError, match="in the midst"):
        checkpoint.save({"weight": torch.zeros(100_000), "bad": Unpicklable()}, weights)
    assert weights.read_bytes() == before
    assert os.listdir(weights.parent) == [weights.name]


def generator(**changed) -> nn.Module:
    arguments = {"input_nc": 3, "output_nc": 3, "ngf": 4, "netG": "resnet_6blocks", "norm": "instance"} | changed
    return define_G(**arguments)


def test_a_prefix_of_parallel_training_is_taken_off():
    net, other = generator(), generator()
    foreign_state = {f"module.{key}": value for key, value in other.state_dict().items()}
    adapted = foreign.adapt(foreign_state, net)
    assert foreign.misfit(adapted, net) == ""
    net.load_state_dict(adapted)
    assert all(torch.equal(value, other.state_dict()[key]) for key, value in net.state_dict().items())
    assert foreign.infer_generator(foreign_state) == foreign.infer_generator(other.state_dict())


def test_statistics_of_instance_norm_are_dropped_those_of_batch_norm_kept():
    batch = generator(norm="batch").state_dict()
    assert foreign.adapt(batch, generator(norm="batch")).keys() == batch.keys()
    statistics = {f"model.2.{name}": torch.zeros(4) for name in ("running_mean", "running_var")}
    instance = generator()
    assert foreign.adapt(instance.state_dict() | statistics, instance).keys() == instance.state_dict().keys()


def test_batch_norms_without_counters_load():
    net = generator(norm="batch")
    old = {key: value for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    assert foreign.misfit(old, net) != ""
    assert foreign.misfit(foreign.adapt(old, net), net) == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.pop("model.1.weight"), "1 missing (first: model.1.weight)"),
        (lambda s: s.update(extra=torch.zeros(1)), "1 unexpected (first: extra)"),
        (lambda s: s.update({"model.1.bias": torch.zeros(5)}),
         "1 of another shape (first: model.1.bias (5,) instead of (4,))"),
        (lambda s: None, ""),
    ],
)  # fmt: skip
def test_misfits_are_named(change, told):
    net = generator()
    state = dict(net.state_dict())
    change(state)
    assert foreign.misfit(state, net) == told


@pytest.mark.parametrize(
    "pickled",
    [b"cbuiltins\nbytearray\nJ\0\0\0\x05\x85R.", b"c__builtin__\nbytearray\nJ\0\0\0\x05\x85R.",
     b"ctorch\nTensor\nJ\0\0\0\x05\x85R.", b"c_codecs\nencode\nX\x01\0\0\0aX\x03\0\0\0hex\x86R."],
)  # fmt: skip
@pytest.mark.parametrize("zipped", [True, False])
def test_what_takes_memory_that_the_file_does_not_have_is_not_made(weights, pickled, zipped):
    content = b"\x80\x02" + pickled
    if zipped:
        with ZipFile(weights) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        with ZipFile(weights, "w") as archive:
            for name, data in entries.items():
                archive.writestr(name, content if name.endswith("data.pkl") else data)
    else:
        weights.write_bytes(content)
    assert "not loaded" in refusal(weights, checkpoint.load)


@pytest.mark.parametrize("method", [ZIP_DEFLATED, ZIP_BZIP2])
def test_packed_entries_are_not_unpacked(weights, method):
    with ZipFile(weights) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(weights, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    assert "not loaded" in refusal(weights)


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_that_claim_more_than_the_file_holds(tmp_path, legacy):
    path = tmp_path / "small.pth"
    state = {"model.1.weight": torch.ones(1).expand(1000, 3, 7, 7)}
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    assert "has fewer numbers than it tells of (model.1.weight)" in refusal(path)


def test_storages_that_a_legacy_file_announces_but_does_not_have(tmp_path):
    path = tmp_path / "small.pth"
    torch.save({"weight": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    # A million numbers in the storage and in the tensor, and an empty list of storages that follow.
    head, _, _ = data.replace(b"K\x03", b"J\x40\x42\x0f\0").rpartition(b"\x80\x02]")
    path.write_bytes(head + b"\x80\x02].")
    assert torch.load(path, weights_only=True)["weight"].numel() == 1_000_000
    assert "has fewer numbers than it tells of" in refusal(path)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.uint8, torch.complex64])
def test_tensors_of_what_no_weights_are(tmp_path, dtype):
    checkpoint.save({"weight": torch.ones(3, dtype=dtype)}, tmp_path / "odd.pth")
    assert f"has {dtype} where weights are floats (weight)" in refusal(tmp_path / "odd.pth")


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16, torch.double])
def test_weights_of_other_precision_are_weights(tmp_path, dtype):
    state = {"weight": torch.ones(3, dtype=dtype), "num_batches_tracked": torch.tensor(5)}
    checkpoint.save(state, tmp_path / "a.pth")
    assert torch.equal(checkpoint.load_weights(tmp_path / "a.pth")["weight"], state["weight"])


@pytest.mark.parametrize(
    "change",
    [torch.Tensor.to_sparse, lambda t: t.to("meta"), lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.qint8)],
    ids=["sparse", "meta", "quantized"],
)
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_tensors_without_plain_numbers(tmp_path, change):
    checkpoint.save({"weight": change(torch.ones(3))}, tmp_path / "odd.pth")
    assert "not loaded" in refusal(tmp_path / "odd.pth")


def test_names_of_weights_are_one_line(tmp_path):
    checkpoint.save({"weight\n": torch.ones(3)}, tmp_path / "odd.pth")
    assert "no state_dict" in refusal(tmp_path / "odd.pth")


def test_no_network_is_larger_than_the_weights_it_is_read_off():
    state = generator().state_dict()
    assert foreign.infer_generator(state)["netG"] == "resnet_6blocks"
    state["model.1.weight"] = torch.ones(20_000, 3, 7, 7)
    assert foreign.infer_options(state)["ngf"] == 20_000  # would take 2 TB
    assert foreign.infer_generator(state) == {}


def test_a_network_that_options_make_huge_is_refused_before_it_is_built(tmp_path):
    path = tmp_path / "latest_net_G.pth"
    checkpoint.save(generator().state_dict(), path)
    known = {"input_nc": 3, "output_nc": 3, "netG": "resnet_6blocks", "norm": "instance"}
    for ngf in (50_000, 10**12):
        with pytest.raises(UserError, match="is too small for the weights of --netG resnet_6blocks --ngf"):
            trained.check_size(path, known | {"ngf": ngf})
        found = trained.TrainedGenerator("G", path, known | {"ngf": ngf, "no_dropout": True}, "opt.json")
        with pytest.raises(UserError, match=r"_net_G\.pth (is of another architecture|needs a generator)"):
            trained.load_generator(found)
    trained.check_size(path, known | {"ngf": 64})  # too large as well, but that is told when it is built


@pytest.mark.parametrize("end", [b")R.", b"}h\x3bK\x01s."], ids=["called", "key"])
def test_what_would_be_gone_through_for_ever_is_not(weights, end):
    doubled = b"".join(b"q%ch%c\x86" % (level, level) for level in range(60))
    weights.write_bytes(b"\x80\x02)" + doubled + end)
    assert "not loaded" in refusal(weights, checkpoint.load)


def test_what_is_in_several_places_of_a_state_is_read(tmp_path):
    betas, weight = (0.5, 0.999), torch.ones(3)
    state = {"groups": [{"betas": betas, "weight": weight} for _ in range(8)]}
    checkpoint.save(state, tmp_path / "state.pth")
    groups = checkpoint.load(tmp_path / "state.pth")["groups"]
    assert [group["betas"] for group in groups] == [betas] * 8
    assert all(group["weight"] is groups[0]["weight"] for group in groups)
