"""Synthesisers that say when each phone sounds, and what they read."""
