"""LaughTalk: training data with laughs, and the networks that learn from them."""
