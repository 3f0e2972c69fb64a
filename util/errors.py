"""How the doors speak to the person at the keyboard: lines at once, a mistake in one line and an exit status."""
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper


class UserError(Exception):
    """Something that the person at the keyboard can mend; the message says how, in one line."""

    status = 2  # of the process that ends with it


class RunError(UserError):
    """A run that began well and can't go on; the message says what became of it, in one line."""

    status = 1


def reason(error: Exception) -> str:
    """What went wrong, in one line that does not name the file again."""
    told = error.strerror if isinstance(error, OSError) else None
    return " ".join((told or str(error) or type(error).__name__).split())


@contextmanager
def reported(verbose: bool | None = None) -> Iterator[None]:
    """Turn a `UserError` into one line on stderr and its exit status, Ctrl-C into one line and exit status 130.

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
        sys.exit(error.status)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
