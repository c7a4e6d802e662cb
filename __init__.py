"""EmoTalk for Blender: dialogue audio in, an emotional face performance out, as keys that can be edited.

Nothing is imported here, so that the tree loads with or without Blender; Blender calls the two functions below.
"""


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled."""
    from . import registration

    registration.unregister()
