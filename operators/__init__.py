"""What the animator can do: one verb per file, thin."""
