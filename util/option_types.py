"""What the text of an option may be: functions for argparse's `type`, which raise what it turns into one line."""
import argparse


def positive(text: str) -> int:
    """Type of an option: a whole number above 0."""
    return _at_least(1, text)


def natural(text: str) -> int:
    """Type of an option: a whole number, 0 or more."""
    return _at_least(0, text)


def size_limit(text: str) -> float:
    """Type of an option: how many at most; inf is no limit."""
    return float("inf") if text == "inf" else _at_least(1, text)


def weight(text: str) -> float:
    """Type of an option: a number, 0 or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of 0 or more")
    return value


def _at_least(least: int, text: str) -> int:
    try:
        value = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no whole number") from error
    if value < least:
        raise argparse.ArgumentTypeError(f"{text} is less than {least}")
    return value
