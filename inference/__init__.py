"""Sound to face curves: audio, models, weights, engine, worker and client."""
