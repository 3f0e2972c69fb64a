"""How much of this machine a process may use."""
import os


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def helper_threads() -> int:
    """How many threads are worth having for reading, writing and measuring images beside a network."""
    return min(usable_cores(), 8)
