"""Weights as files: reading and writing them, the animator's library, imports, downloads, and converters."""
