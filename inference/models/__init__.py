"""The networks, one file per system."""
