"""The operators: one per file, without logic."""
