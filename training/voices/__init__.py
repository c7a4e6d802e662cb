"""Speech synthesisers with phone times, and the sentences they read."""
