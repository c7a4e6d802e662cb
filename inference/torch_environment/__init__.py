"""The Python that has PyTorch: making, checking, repairing and removing it. Standard library only."""
