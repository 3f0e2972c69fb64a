"""What scripts/benchmark.py measures: what the machine can do at most (ceilings), and what training steps, pages, the
loading of images and the start of the programs make of it."""
