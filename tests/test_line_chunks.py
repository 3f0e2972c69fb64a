"""Chunks of lines worked through by several processes: few ahead, and one line where a process dies."""
import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from util.errors import UserError
from util.line_chunks import AHEAD, Chunk, mapped


def size(chunk: Chunk) -> int:
    return chunk.end


def die(chunk: Chunk) -> int:
    os._exit(1)


def test_few_chunks_are_read_ahead() -> None:
    taken = []

    def tasks() -> Iterator[Chunk]:
        for i in range(100):
            taken.append(i)
            yield Chunk("", 0, i)

    with closing(mapped(size, tasks(), 2)) as results:
        for i, result in enumerate(results):
            assert result == i
            assert len(taken) <= i + 2 * AHEAD


def test_a_worker_that_dies_is_one_line() -> None:
    with pytest.raises(UserError, match="a worker process died"), closing(mapped(die, [Chunk("", 0, 1)], 2)) as results:
        list(results)
