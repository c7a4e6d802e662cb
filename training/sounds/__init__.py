"""Non-speech sounds: recorded ones, synthetic ones, and their insertion into spoken lines."""
