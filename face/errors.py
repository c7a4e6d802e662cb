"""The errors that people can fix."""


class EmoTalkError(Exception):
    """An error that the animator can fix; the message is one sentence, shown as it is."""


class CurveFileError(EmoTalkError, ValueError):
    """A file holds no usable curves, or its name has an unknown suffix; the message is a sentence."""
