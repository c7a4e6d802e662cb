"""EMOTE and its motion prior FLINT: their training."""
