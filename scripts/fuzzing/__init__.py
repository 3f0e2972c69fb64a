"""What scripts/fuzz_readers.py is made of: mutations, seeds, readers, and the processes that try them."""
