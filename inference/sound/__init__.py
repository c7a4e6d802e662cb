"""Sound files and samples to mono speech at 16 kHz, and its features for networks without PyTorch."""
