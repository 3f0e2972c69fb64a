"""What the text of an option may be: functions for argparse's `type`, which raise what it turns into one line."""
import argparse
from collections.abc import Callable


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


def size_limit(text: str) -> float:
    """Type of an option: how many at most; inf is no limit."""
    return float("inf") if text == "inf" else positive(text)


def weight(text: str) -> float:
    """Type of an option: a number, 0 or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of 0 or more")
    return value
