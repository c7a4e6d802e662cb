"""What a face is: names, emotions, controls, curves and how they move. NumPy only."""
