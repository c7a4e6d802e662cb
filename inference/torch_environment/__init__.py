"""A Python environment with PyTorch: creating, checking, repairing and removing it. Standard library only."""
