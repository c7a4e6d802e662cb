"""An actor's own style for a network that is there: low-rank weights and a style, its own weights frozen."""
