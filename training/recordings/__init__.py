"""People who were recorded, and when each of their phones sounds."""
