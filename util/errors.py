"""How the doors speak to the person at the keyboard: lines at once, a mistake in one line, exit status 2."""
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper


class UserError(Exception):
    """Something that the person at the keyboard can mend; the message says how, in one line."""


@contextmanager
def reported(verbose: bool | None = None) -> Iterator[None]:
    """Turn a `UserError` into one line on stderr and exit status 2, Ctrl-C into one line and exit status 130.

    verbose: also print the traceback; None looks for --verbose on the command line, because the mistake
    may lie in the very options that would say so.
    """
    # Whoever reads the output of a long run from a file or a pipe wants each line when it is said.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        yield
    except UserError as error:
        if verbose or (verbose is None and "--verbose" in sys.argv):
            traceback.print_exc()
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
