"""Reading, the network and writing overlap, in order, and stop together."""
import threading
import time

import pytest

from util.pipeline import Pipeline


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_for_small(number: int) -> int:
        time.sleep(0.02 / (number + 1))
        return number

    pipeline = Pipeline(slow_for_small, lambda n: n * n, slow_for_small, threads=4)
    assert list(pipeline.run(range(20))) == [n * n for n in range(20)]


def test_the_middle_step_does_not_wait_for_the_others() -> None:
    def rest(number: int) -> int:
        time.sleep(0.05)
        return number

    pipeline = Pipeline(rest, rest, rest, threads=2)
    list(pipeline.run(range(10)))
    assert pipeline.busy_seconds / pipeline.seconds > 0.75  # one after the other it would be a third


def test_the_middle_step_stays_in_the_thread_of_the_caller() -> None:
    pipeline = Pipeline(lambda _: None, lambda _: threading.get_ident(), lambda ident: ident, threads=2)
    assert set(pipeline.run(range(5))) == {threading.get_ident()}


def test_only_a_few_items_are_under_way() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def begin(number: int) -> int:
        begun.append(number)
        assert len(begun) - len(ended) <= 3 + 1 + 2 + 1  # waiting, in the middle, being written
        return number

    def end(number: int) -> int:
        time.sleep(0.01)
        ended.append(number)
        return number

    assert len(list(Pipeline(begin, lambda n: n, end, threads=2).run(range(40)))) == 40


@pytest.mark.parametrize("step", ["before", "middle", "after"])
def test_an_error_ends_the_work(step: str) -> None:
    begun: list[int] = []

    def fail_at_3(number: int) -> int:
        if number == 3:
            raise OSError("no room")
        return number

    def note(number: int) -> int:
        begun.append(number)
        return number

    steps = {name: fail_at_3 if name == step else note for name in ("before", "middle", "after")}
    with pytest.raises(OSError, match="no room"):
        list(Pipeline(*steps.values(), threads=2).run(range(1000)))
    assert len(begun) < 100


def test_nothing_to_do() -> None:
    assert list(Pipeline(int, int, int, threads=2).run([])) == []
