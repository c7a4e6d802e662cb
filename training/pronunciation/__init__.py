"""The dictionary and the letters-to-sounds table that a text is pronounced with, from CMU's dictionary."""
