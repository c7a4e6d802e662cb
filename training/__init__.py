"""Captures and spoken corpora to weights: readers, teacher, losses, trainer, export, evaluation."""
