"""Command lines: a parser whose mistakes are one line, and what the text of an option may be (argparse's `type`)."""
import argparse
from collections.abc import Callable
from typing import NoReturn

from util.errors import UserError


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is one line."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (`{self.prog} --help` lists the options)")


def at_least(least: int) -> Callable[[str], int]:
    """A type of option: a whole number, `least` or more."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text} is no whole number") from error
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return value

    return parse


positive = at_least(1)
natural = at_least(0)


def positives(text: str) -> list[int]:
    """Type of an option: whole numbers above 0, separated by commas."""
    return [positive(part) for part in text.split(",")]


def size_limit(text: str) -> float:
    """Type of an option: how many at most; inf is no limit."""
    return float("inf") if text == "inf" else positive(text)


def rate(text: str) -> float:
    """Type of an option: a learning rate, above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} learns nothing: give a rate above 0, such as 0.0002")
    return value


def minutes(text: str) -> float:
    """Type of an option: a length of time, above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no length of time: give minutes, such as 10")
    return value


def gigabytes(text: str) -> float:
    """Type of an option: an amount of memory, above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no amount of memory: give gigabytes, such as 4")
    return value


def probability(text: str) -> float:
    """Type of an option: a number from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is outside 0 to 1")
    return value


def share(text: str) -> float:
    """Type of an option: a part of a whole, above 0 and at most 1."""
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no part of a whole: give a number above 0 and at most 1")
    return value


def aspect(text: str) -> float:
    """Type of an option: longer side to shorter, 1 or more; inf is no limit."""
    value = float(text)
    if not value >= 1:
        raise argparse.ArgumentTypeError(f"{text} is no ratio of a longer side to a shorter: give 1 or more")
    return value


def weight(text: str) -> float:
    """Type of an option: a number, 0 or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of 0 or more")
    return value


def percent(text: str) -> int:
    """Type of an option: a whole number from 1 to 100."""
    value = positive(text)
    if value > 100:
        raise argparse.ArgumentTypeError(f"{text} is more than 100")
    return value


def page_size(text: str) -> float:
    """Type of an option: a side in pixels, or `native` for infinity; 0 leaves it open."""
    return float("inf") if text in ("native", "inf") else natural(text)


def tile(text: str) -> str | int:
    """Type of an option: auto, off, or a side in pixels."""
    return text if text in ("auto", "off") else at_least(64)(text)
