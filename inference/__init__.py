"""Sound to face curves: the contract of a network, the registry of networks, the engine, and the rooms below."""
