"""The folder in which features are kept for Blender, and what it takes."""

from pathlib import Path

import bpy

from ..inference.feature_cache import FeatureCache
from .preferences import EXTENSION, preferences_of

_known_size = 0


def feature_cache(context: bpy.types.Context) -> FeatureCache:
    """The cache in the extension's own folder, as large as the preferences allow."""
    try:
        folder = bpy.utils.extension_path_user(EXTENSION, path="features")
    except ValueError:  # not installed as an extension
        folder = bpy.utils.user_resource("DATAFILES", path=str(Path("emotalk", "features")))
    return FeatureCache(Path(folder), round(preferences_of(context).feature_cache * 1e9))


def known_size() -> int:
    """The bytes that it took when they were counted last; reads nothing, for panels."""
    return _known_size


def refresh(context: bpy.types.Context) -> None:
    """Count the bytes again."""
    global _known_size
    _known_size = feature_cache(context).size()
