"""How the doors speak to the person at the keyboard: lines at once, a mistake in one line and an exit status."""
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, TextIO


class UserError(Exception):
    """Something that the person at the keyboard can mend; the message says how, in one line."""

    status = 2  # of the process that ends with it
    told_elsewhere = False  # by another process of the same run


class RunError(UserError):
    """A run that began well and can't go on; the message says what became of it, in one line."""

    status = 1


def reason(error: Exception) -> str:
    """What went wrong, in one line that does not name the file again."""
    told = error.strerror if isinstance(error, OSError) else None
    return " ".join((told or str(error) or type(error).__name__).split())


@contextmanager
def reported(verbose: bool | None = None, speaks: bool = True) -> Iterator[None]:
    """Turn a `UserError` into one line on stderr and its exit status, Ctrl-C into one line and exit status 130. What
    is said goes out line by line, and where it can't be written (a full disk, a terminal that is gone) work goes on.

    verbose: also print the traceback; None looks for --verbose on the command line, because the mistake
    may lie in the very options that would say so. speaks: False for a process of which nothing is to be heard but
    errors that no other one tells.
    """
    # Whoever reads the output of a long run from a file or a pipe wants each line when it is said.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    outputs = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Unfailing(outputs[0], speaks), _Unfailing(outputs[1])
    try:
        yield
    except UserError as error:
        if error.told_elsewhere:
            sys.exit(error.status)
        if verbose or (verbose is None and "--verbose" in sys.argv):
            traceback.print_exc()
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.status)
    except KeyboardInterrupt:
        if speaks:
            print("interrupted", file=sys.stderr)
        sys.exit(130)
    finally:
        # A stream that can't be written stays wrapped, or the interpreter would fail over it in the end.
        if sys.stdout.works() and sys.stderr.works():
            sys.stdout, sys.stderr = outputs


class _Unfailing:
    """A text stream, but that what can't be written is left out, and all that is said where it does not speak."""

    def __init__(self, stream: TextIO, speaks: bool = True) -> None:
        self._stream, self._speaks = stream, speaks

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text if self._speaks else "")
        return len(text)

    def flush(self) -> None:
        self.works()

    def works(self) -> bool:
        """Whether all that was said has been written."""
        try:
            self._stream.flush()
        except OSError:
            return False
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
