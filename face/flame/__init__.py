"""FLAME: the user's own file, read without running anything in it, posed, and driven by ARKit. NumPy only."""
