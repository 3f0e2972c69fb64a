"""TensorBoard's events: what was flushed is there, and an error costs what it hit and not what follows."""
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboardX.event_file_writer import EventsWriter

from util.event_log import EventLog


def scalars(folder: Path, tag: str = "loss/G") -> list[tuple[int, float]]:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_what_was_flushed_is_there_though_nothing_was_closed(tmp_path):
    log = EventLog(tmp_path, 0)
    log.add_scalars({"loss/G": 1.5, "loss/D": 0.25}, 1)
    log.add_image("visuals/fake", np.zeros((4, 6, 3), np.uint8), 1)
    log.flush()
    assert scalars(tmp_path) == [(1, 1.5)]
    assert scalars(tmp_path, "loss/D") == [(1, 0.25)]


def test_what_comes_after_an_error_is_told(tmp_path, monkeypatch):
    log = EventLog(tmp_path, 0)
    log.add_scalars({"loss/G": 1}, 1)
    log.flush()

    def full(writer: EventsWriter, event: object) -> None:
        writer._py_recordio_writer._writer.write(b"half an ev")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(EventsWriter, "write_event", full)
        with pytest.raises(OSError, match="No space"):
            log.add_scalars({"loss/G": 2}, 2)
    log.add_scalars({"loss/G": 3}, 3)
    log.close()
    assert scalars(tmp_path) == [(1, 1), (3, 3)]


def test_a_run_that_goes_on_takes_back_what_came_after_its_save(tmp_path):
    first = EventLog(tmp_path, 0)
    for step in range(1, 6):
        first.add_scalars({"loss/G": step}, step)
    first.close()
    second = EventLog(tmp_path, 4)
    second.add_scalars({"loss/G": 40}, 4)
    second.close()
    assert scalars(tmp_path) == [(1, 1), (2, 2), (3, 3), (4, 40)]
