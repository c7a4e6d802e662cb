"""The error that people can fix."""


class EmoTalkError(Exception):
    """An error that the animator can fix; the message is one sentence, shown as it is."""
