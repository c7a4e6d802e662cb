"""Captured takes of a studio: reading, checking and listing them for training."""
