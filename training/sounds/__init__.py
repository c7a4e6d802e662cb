"""What is no speech: recorded, drawn at random, put into spoken lines."""
