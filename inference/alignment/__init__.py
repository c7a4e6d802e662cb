"""Words and sounds of a line: texts, pronunciations, and when each of them is said."""
