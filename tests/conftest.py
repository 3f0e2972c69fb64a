"""Tests compute on one thread: their networks are tiny, and threads that wait for each other on a busy machine
cost far more than they bring. Processes that tests start inherit it."""
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here or in a process of a test
