"""Ending a run when the system or the person at the keyboard asks for it: soon, but at a moment of its own."""
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any


class StopSignals:
    """While it is open (`with`), Ctrl-C (SIGINT), SIGTERM and the loss of the terminal (SIGHUP) are noted in
    `received`, 0 until then; whoever works looks at it at times when it can stop. A second signal ends the process at
    once, with exit status 128 + its number, but for a second SIGHUP.

    several: this is one of several processes. The same wish then may reach it more than once, from the system and from
    torchrun: only a signal that comes seconds later is a second one. speaks: say that a signal was received.
    """

    AT_ONCE = 5.0  # seconds

    SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

    def __init__(self, several: bool = False, speaks: bool = True) -> None:
        self.received = 0
        self._grace, self._speaks = self.AT_ONCE if several else 0.0, speaks
        self._since = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():  # no other may
            for number in self.SIGNALS:
                # Ignored by what shells start in the background, and by nohup; None: not Python's to give back.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.received:
            if number == self.received == getattr(signal, "SIGHUP", None):
                return  # of a terminal that is closed, a shell may tell as well
            if time.monotonic() - self._since >= self._grace:
                os._exit(128 + number)
            return
        self.received, self._since = number, time.monotonic()
        if not self._speaks:
            return
        # Not print(), which the signal may have interrupted.
        told = f"\n{self.name}: finishing the step in hand and saving; again to leave at once\n"
        with suppress(OSError, ValueError):  # of a pipe or a terminal that has gone as well
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, told.encode())

    @property
    def name(self) -> str:
        return signal.Signals(self.received).name

    @property
    def status(self) -> int:
        """The exit status of a process that stops because of the signal."""
        return 128 + self.received
