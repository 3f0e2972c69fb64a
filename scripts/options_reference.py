"""Write docs/options.md, the reference of all options, from the parsers themselves.

    python scripts/options_reference.py            # write it
    python scripts/options_reference.py --check    # only say, by exit status 1, whether it is out of date
"""
import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import dataset_modes, find_dataset
from models import find_model, model_names
from options.base_options import BaseOptions
from options.test_options import TestOptions
from options.train_options import TrainOptions
from util.errors import UserError, reported
from util.files import write_text
from util.option_types import Parser

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "options.md"
HEAD = """# Options

<!-- Written by scripts/options_reference.py from the parsers; `make docs` writes it anew. -->

`train.py` and `test.py` take the options of the first table and their own; `--model` and `--dataset_mode` bring
more, and other defaults. Where a line has several names, they mean the same. A default of – is none.
With `--continue_train`, the defaults are the options of the run that is continued; `test.py` takes the
architecture and the scale from the options saved beside the weights.
"""
ModifyOptions = Callable[[argparse.ArgumentParser, bool], argparse.ArgumentParser]


def main() -> int:
    arguments = Parser(description="Write docs/options.md from the parsers.")
    arguments.add_argument("--check", action="store_true", help="write nothing; exit with 1 if it is out of date")
    check = arguments.parse_args().check
    text = reference()
    if not check:
        write_text(REFERENCE, text)
    elif not REFERENCE.is_file() or REFERENCE.read_text(encoding="utf-8") != text:
        print("docs/options.md is out of date: run `make docs`", file=sys.stderr)
        return 1
    return 0


def reference() -> str:
    """The whole page."""
    train, test = actions(TrainOptions()), actions(TestOptions())
    shared = {name: action for name, action in train.items() if told(action) == told(test.get(name))}
    parts = [
        HEAD,
        section("Training and testing", shared.values()),
        section("Training: train.py", (a for name, a in train.items() if name not in shared)),
        section("Testing: test.py", (a for name, a in test.items() if name not in shared)),
    ]
    parts += [plugin(f"Model {name}", find_model(name).modify_commandline_options) for name in model_names()]
    parts += [plugin(f"Data set {name}", find_dataset(name).modify_commandline_options) for name in dataset_modes()]
    return "\n".join(part for part in parts if part)


def actions(options: BaseOptions) -> dict[str, argparse.Action]:
    """The options of a door before a model changes them, by name; two of them may share a value."""
    return {action.option_strings[0]: action for action in options.parser()._actions}


def told(action: argparse.Action | None) -> tuple[object, ...]:
    """What the page would say about an option."""
    return () if action is None else (action.option_strings, action.default, action.choices, action.help)


def section(title: str, listed: Iterable[argparse.Action]) -> str:
    """A heading and a table."""
    return f"## {title}\n\n{table(listed)}"


def table(listed: Iterable[argparse.Action]) -> str:
    """One line an option."""
    return "\n".join(["| option | default | meaning |", "|---|---|---|", *map(row, listed), ""])


def row(action: argparse.Action) -> str:
    """One option as a line of a table."""
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    meaning = (action.help or "").replace("|", "\\|").replace("<", "&lt;")
    if action.choices:
        meaning += f" ({', '.join(f'`{choice}`' for choice in action.choices)})"
    return f"| {names} | {value(action.default)} | {meaning} |"


def value(default: object) -> str:
    if isinstance(default, list):
        default = ",".join(map(str, default))
    return "–" if default in (None, "") else f"`{default}`"


def plugin(title: str, modify: ModifyOptions) -> str:
    """What a model or a data set adds and which defaults it changes; empty if neither."""
    lines: list[str] = []
    added: dict[str, argparse.Action] = {}
    for is_train, door in ((True, "train.py"), (False, "test.py")):
        parser = Parser(add_help=False)
        try:
            modify(parser, is_train)
        except UserError:
            lines.append(f"Not for {door}.\n")
            continue
        own = {action.dest: action for action in parser._actions}
        added = {**own, **added}
        changed = [f"`--{name}` {value(default)}" for name, default in parser._defaults.items() if name not in own]
        if changed:
            lines.append(f"Defaults of {door}: {', '.join(changed)}.\n")
    if added:
        lines.append(table(added.values()))
    return "\n".join([f"## {title}\n", *lines]) if lines else ""


if __name__ == "__main__":
    with reported():
        sys.exit(main())
