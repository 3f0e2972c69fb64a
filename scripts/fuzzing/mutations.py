"""Damage to files: what transmission, editors and people with a grudge do to bytes and to JSON."""
import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

COUNTS = (1, 1, 1, 2, 2, 3, 6)  # of changes to one input
LONGEST_CHUNK = 200  # bytes that are inserted, removed or repeated at once
INTEGERS = (0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 100_000, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
# What no option is, and what comes close to one.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 64, 64.0, 0.5, 10**30, 1e308, float("nan"), float("inf"), "", "64", "inf", "nan",
    "AtoB", "a\0b", "\ud800", "x\ny", "../..", "/", [], [1], [1, "a"], [[]], [0.5, 1.0], [1.0, 0.5], {},
    {"a": {"b": [1]}}, "x" * 5000,
)  # fmt: skip


def mutated(seed: bytes, others: Sequence[bytes], chance: Random) -> bytes:
    """The bytes with a few changes at random places; now and then with a part of another file."""
    data = bytearray(seed)
    for _ in range(chance.choice(COUNTS)):
        chance.choice(_MUTATIONS)(data, others, chance)
    return bytes(data)


def _place(data: bytearray, chance: Random) -> int:
    """Anywhere, and every second time where headers are: at the beginning or the end."""
    near = min(len(data), 120)
    places = (chance.randrange(len(data) + 1), chance.randrange(near + 1), len(data) - chance.randrange(near + 1))
    return places[chance.choice((0, 0, 1, 2))]


def _flip_bits(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 30))):
        place = _place(data, chance)
        if place < len(data):
            data[place] ^= 1 << chance.randrange(8)


def _set_bytes(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    place, length = _place(data, chance), chance.choice((1, 1, 2, 4, 16))
    value = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    data[place : place + length] = bytes([value]) * len(data[place : place + length])


def _set_integer(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    kind = chance.choice(("<H", ">H", "<I", ">I"))
    place, width = _place(data, chance), struct.calcsize(kind)
    if place + width <= len(data):
        data[place : place + width] = struct.pack(kind, chance.choice(INTEGERS) % 256**width)


def _insert(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    place = _place(data, chance)
    data[place:place] = chance.randbytes(chance.randint(1, LONGEST_CHUNK))


def _remove(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    place = _place(data, chance)
    del data[place : place + chance.randint(1, LONGEST_CHUNK)]


def _repeat(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    place = _place(data, chance)
    data[place:place] = data[place : place + chance.randint(1, LONGEST_CHUNK)] * chance.choice((1, 1, 2, 50))


def _truncate(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    del data[_place(data, chance) :]


def _splice(data: bytearray, others: Sequence[bytes], chance: Random) -> None:
    other = chance.choice(others)
    data[_place(data, chance) :] = other[chance.randrange(len(other) + 1) :]


_MUTATIONS: tuple[Callable[[bytearray, Sequence[bytes], Random], None], ...] = (
    _flip_bits, _flip_bits, _set_bytes, _set_integer, _set_integer, _insert, _remove, _repeat, _truncate, _splice,
)  # fmt: skip


def mutated_json(seed: dict[str, Any], chance: Random) -> bytes:
    """An object of JSON with some values replaced, by odd ones or by those of other keys, removed or added; rarely
    nested deeper than any reader follows, or with a number of more digits than any reader takes."""
    content = dict(seed)
    for _ in range(chance.randint(1, 3)):
        key = chance.choice(sorted(content)) if content else "key"
        kind = chance.randrange(8)
        if kind == 0:
            content.pop(key, None)
        elif kind == 1:
            content[chance.choice(("new", "__class__", "", "a\0", "self", "explicit"))] = chance.choice(VALUES)
        elif kind == 2:
            content[key] = chance.choice(list(seed.values()))
        elif kind == 3:
            content[key] = [chance.choice(VALUES) for _ in range(chance.randint(1, 3))]
        else:
            content[key] = chance.choice(VALUES)
    text = json.dumps(content)
    if chance.randrange(30) == 0:
        depth = chance.choice((300, 900, 960, 980, 990, 1000, 5000, 200_000))
        text = text.replace("null", "[" * depth + "]" * depth, 1)
    if chance.randrange(60) == 0:
        text = text.replace("1", "9" * chance.choice((400, 4299, 4301, 100_000)), 1)
    return text.encode()
