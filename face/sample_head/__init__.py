"""The geometry of the built-in head, made by code. NumPy only."""
