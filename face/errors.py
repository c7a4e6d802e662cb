"""What can go wrong in a way that people can put right."""


class EmoTalkError(Exception):
    """Something that the animator can put right; the message is one sentence, shown as it is."""
