"""The panels; they never compute."""
