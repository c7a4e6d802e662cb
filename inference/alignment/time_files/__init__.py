"""Times of words and sounds from other programs, one reader for each kind of file."""
