"""The parts of scripts/evaluate.py: what is compared, measuring it, comparing it, and telling it."""
