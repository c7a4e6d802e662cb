"""The phones of EmoTalk Compact: the head that hears them and the articulator that is told them."""
