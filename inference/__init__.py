"""Sound to face curves: the interface of a network, the registry of networks, the engine, and the packages below."""
