"""Files of weights that are damaged, or made to harm: containers, pickles and tensors."""
import contextlib
import io
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import nn

from models.networks import foreign
from models.networks.encoders import ResnetEncoder
from models.trained import find_generator, load_generator, locate_generator
from scripts.fuzzing import seeds
from scripts.fuzzing.mutations import INTEGERS, VALUES
from scripts.fuzzing.reader import Reader, check_message
from util import checkpoint
from util.errors import UserError

_DTYPES = (torch.half, torch.bfloat16, torch.double, torch.int32, torch.uint8, torch.bool, torch.complex64,
           torch.uint16, torch.float8_e4m3fn)  # fmt: skip


class Weights(Reader):
    name, file = "weights", "latest_net_G.pth"
    most_mib = 64

    def whole_files(self) -> list[bytes]:
        states = [network.state_dict() for network in seeds.generators().values()]
        found = [seeds.saved(state, zipped) for state in states for zipped in (True, False)]
        found += [seeds.saved(seeds.slim_resnet18(), zipped) for zipped in (True, False)]
        found.append(pickle.dumps({"weight": [1.0, 2.0]}, protocol=2))
        optimizer = torch.optim.Adam(nn.Conv2d(1, 1, 1).parameters()).state_dict()
        found.append(seeds.saved({"model": {"optimizers": [optimizer], "generator": torch.get_rng_state()}}))
        return found

    def make(self, chance: Random) -> bytes:
        kind = chance.randrange(4)
        if kind == 0:
            return seeds.saved(self._crooked_state(chance), chance.randrange(2) == 0)
        if kind == 1:
            return self._crooked_pickle(chance)
        if kind == 2 and chance.randrange(3) == 0:
            return self._other_archive(chance)
        return super().make(chance)

    @cached_property
    def _states(self) -> list[dict[str, torch.Tensor]]:
        return [*(dict(network.state_dict()) for network in seeds.generators().values()), seeds.slim_resnet18()]

    def _crooked_state(self, chance: Random) -> dict[Any, Any]:
        """A state_dict of which some tensors are something else."""
        state: dict[Any, Any] = dict(chance.choice(self._states))
        for _ in range(chance.randint(1, 3)):
            key = chance.choice(list(state))
            if isinstance(state[key], torch.Tensor) and state[key].layout is torch.strided:
                with contextlib.suppress(RuntimeError, NotImplementedError):
                    state[key] = _crooked(state[key], chance)
            if chance.randrange(6) == 0:
                renamed = chance.choice((1, None, b"bytes", "a\nb", "", "a.b.c", "layer3.", "module.", f"{key}.x",
                                         "model.1.conv_block.99.weight", "x" * 3000, ("t",)))  # fmt: skip
                state[renamed] = state.pop(key)
        return chance.choice((dict, OrderedDict))(state)

    def _crooked_pickle(self, chance: Random) -> bytes:
        """A file of which one opcode of the pickle has another argument or is another one, in a proper container."""
        data = chance.choice(self.seeds)
        if not data.startswith(b"PK"):
            place = chance.randrange(min(len(data), 4000))
            return data[:place] + bytes([chance.choice(self._OPCODES)]) + data[place + chance.randrange(2) :]
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(name, archive.read(name)) for name in archive.namelist()]
        return seeds.zipped([(name, self._changed(content, chance) if name.endswith("data.pkl") else content)
                             for name, content in entries])  # fmt: skip

    _OPCODES = b"".join(code.code.encode("latin1") for code in pickletools.opcodes)
    _BOMBS = (
        b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x6f\x85R.",
        b"\x80\x02ctorch\nTensor\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x02ctorch.storage\nUntypedStorage\n\x8a\x05\xff\xff\xff\xff\x10\x85R.",
        b"\x80\x02c_codecs\nencode\nq\x01X\x01\x00\x00\x00a" + b"X\x03\x00\x00\x00hex\x86q\x020h\x01h\x02R." + b"",
        b"\x80\x02cos\nmkdir\nX\x06\x00\x00\x00sprung\x85R.",
        b"\x80\x02X\xff\xff\xff\xffa.",
        b"\x80\x02)" + b"".join(b"q%ch%c\x86" % (level, level) for level in range(60)) + b")R.",
        b"\x80\x02}K\x01" + b"".join(b"q%ch%c\x86" % (level, level) for level in range(60)) + b"K\x01s.",
    )

    def _changed(self, content: bytes, chance: Random) -> bytes:
        if chance.randrange(5) == 0:
            return chance.choice(self._BOMBS)
        opcodes = list(pickletools.genops(content))
        opcode, argument, place = chance.choice(opcodes)
        assert place is not None
        if isinstance(argument, int) and not isinstance(argument, bool) and opcode.name.startswith("BININT"):
            number = chance.choice((*INTEGERS, -1)) % 2**32
            width = {"BININT": 5, "BININT1": 2, "BININT2": 3}[opcode.name]
            return content[:place] + b"J" + struct.pack("<I", number) + content[place + width :]
        return content[:place] + bytes([chance.choice(self._OPCODES)]) + content[place + 1 :]

    def _other_archive(self, chance: Random) -> bytes:
        """The same entries otherwise: compressed, with huge zeros, without one, one twice."""
        data = next(data for data in self.seeds if data.startswith(b"PK"))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(name, archive.read(name)) for name in archive.namelist()]
        index = chance.randrange(len(entries))
        change = chance.randrange(4)
        if change == 0:
            entries[index] = (entries[index][0], bytes(200_000_000))
        elif change == 1:
            del entries[index]
        elif change == 2:
            entries[index] = (entries[index][0], chance.randbytes(chance.randrange(100)))
        return seeds.zipped(entries, chance.choice((zipfile.ZIP_STORED if change else 8, zipfile.ZIP_DEFLATED)))

    def attempt(self, path: Path, out: Path) -> bool:
        try:
            checkpoint.load(path)
            state = checkpoint.load_weights(path)
        except UserError as error:
            check_message(error, path)
            return False
        foreign.infer_options(state)
        told = foreign.infer_generator(state)
        network = seeds.generators()["resnet"]
        foreign.misfit(foreign.adapt(state, network), network)
        read = 0
        for attempt in (
            lambda: load_generator(find_generator(path.parent, "latest", "AtoB", {})) if told else None,
            lambda: load_generator(locate_generator(path)[0]),
            lambda: foreign.load_encoder(ResnetEncoder("resnet18"), path),
        ):
            try:
                read += attempt() is not None
            except UserError as error:
                check_message(error, path)
        return read > 0


def _crooked(value: torch.Tensor, chance: Random) -> Any:
    """Another kind of tensor with some of the same numbers, or no tensor at all."""
    shape = list(value.shape)
    if shape:
        shape[chance.randrange(len(shape))] = chance.choice((0, 1, 7, 100_000, 2**31))
    changes: list[Callable[[], Any]] = [
        lambda: value.to(chance.choice(_DTYPES)),
        lambda: value.flatten()[0].clone().expand(shape),
        lambda: torch.zeros(shape) if torch.Size(shape).numel() < 100_000 else value[..., :1],
        lambda: value.to_sparse(),
        lambda: value.to("meta"),
        lambda: torch.quantize_per_tensor(value.float(), 0.1, 0, torch.qint8),
        lambda: value.transpose(0, -1),
        lambda: nn.Parameter(value),
        lambda: value * float("nan"),
        lambda: chance.choice(VALUES),
    ]
    return chance.choice(changes)()
