"""TensorBoard's event files, written at once and in this thread.

tensorboardX's own SummaryWriter writes in a thread that ends at the first error, after which its queue fills up and
the training waits for ever; and what is in the queue can't be flushed when the training is saved.
"""
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tensorboardX.event_file_writer import EventsWriter

FLUSH_SECONDS = 10  # TensorBoard looks for news every 30 s


class EventLog:
    """Scalars and images by tag and step, for TensorBoard.

    start: the first step to come, at which TensorBoard drops what an interrupted run logged from there on; 0 puts this
    run in the place of an older one.
    """

    def __init__(self, folder: Path, start: int) -> None:
        self._folder, self._start = folder, start
        self._writer: EventsWriter | None = None
        self._opened = False
        self._flushed = time.monotonic()

    def add_scalars(self, scalars: Mapping[str, float], step: int) -> None:
        """Values by tag. Raises OSError if they can't be written."""
        from tensorboardX import summary

        for tag, value in scalars.items():
            self._add(step, summary=summary.scalar(tag, value))

    def add_image(self, tag: str, image: np.ndarray, step: int) -> None:
        """image: HWC uint8. Raises OSError if it can't be written."""
        from tensorboardX import summary

        self._add(step, summary=summary.image(tag, image, dataformats="HWC"))

    def flush(self) -> None:
        """Write out what was added. Raises OSError if it can't be written."""
        if self._writer is not None:
            self._guarded(self._writer.flush)
            self._flushed = time.monotonic()

    def close(self) -> None:
        self.flush()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _add(self, step: int, **content: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event

        event = Event(step=step, wall_time=time.time(), **content)
        self._guarded(lambda: self._open().write_event(event))
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def _open(self) -> "EventsWriter":
        if self._writer is None:
            # Here and not above, so that a run without TensorBoard does without the package as well.
            from tensorboardX.event_file_writer import EventsWriter
            from tensorboardX.proto.event_pb2 import Event, SessionLog

            self._folder.mkdir(parents=True, exist_ok=True)
            # Files are named by the second; two runs that start in the same one would share a file.
            self._writer = EventsWriter(str(self._folder / "events"), f".{time.time_ns()}")
            if not self._opened:
                log = SessionLog(status=SessionLog.START)
                self._writer.write_event(Event(step=self._start, wall_time=time.time(), session_log=log))
                self._opened = True
        return self._writer

    def _guarded(self, write: Callable[[], object]) -> None:
        """Call something that writes. If it fails, the file ends with half an event, which ends all reading there: what
        comes next goes to another one."""
        try:
            write()
        except OSError:
            failed, self._writer = self._writer, None
            if failed is not None:
                with suppress(OSError):
                    failed.close()
            raise
