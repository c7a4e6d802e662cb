"""Sound files and samples to mono speech at 16 kHz, and what networks without PyTorch read of it."""
