"""EmoTalk Compact, the built-in model: its data, teacher, network in PyTorch, training and export."""
