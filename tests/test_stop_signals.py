"""Signals that ask a run to stop: the first is noticed, the second obeyed at once."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from util.stop_signals import StopSignals

ROOT = Path(__file__).resolve().parents[1]
BUSY = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
from util.stop_signals import StopSignals
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this process
signal.signal(signal.SIGHUP, signal.SIG_DFL)
with StopSignals() as signals:
    for number in {numbers}:
        os.kill(os.getpid(), number)
    print(signals.received, flush=True)
    time.sleep({seconds})
sys.exit(signals.status)
"""


def run(numbers: list[int], seconds: float = 0) -> subprocess.CompletedProcess[str]:
    code = BUSY.format(root=str(ROOT), numbers=list(map(int, numbers)), seconds=seconds)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_noticed_and_told(number):
    done = run([number])
    assert (done.returncode, done.stdout) == (128 + number, f"{int(number)}\n")
    assert f"{number.name}: finishing the step in hand and saving; again to leave at once" in done.stderr


@pytest.mark.parametrize("numbers", [[signal.SIGTERM, signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]])
def test_the_second_signal_ends_the_process_at_once(numbers):
    done = run(numbers, seconds=20)
    assert (done.returncode, done.stdout) == (128 + numbers[1], "")


def test_what_was_there_before_is_back_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.received == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_runs_in_the_background_does_not_hear_ctrl_c(monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopSignals():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
