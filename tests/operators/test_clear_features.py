"""Encoded lines are kept on the disk as the preferences say, and the button removes them."""

import bpy
import pytest
from emotalk.blender_emotalk import feature_cache, runs
from emotalk.blender_emotalk.preferences import preferences_of


@pytest.fixture
def cache(stage):
    runs.close()
    feature_cache.feature_cache(bpy.context).clear()
    feature_cache.refresh(bpy.context)
    yield feature_cache.feature_cache(bpy.context)
    preferences_of(bpy.context).feature_cache = 1


def test_a_line_is_kept_and_cleared(cache):
    assert not bpy.ops.emotalk.clear_features.poll()
    bpy.ops.emotalk.animate()
    assert cache.limit == 10**9
    assert cache.size() == feature_cache.known_size() > 10_000
    (path,) = cache.folder.iterdir()
    written = path.stat().st_ino
    runs.close()
    bpy.ops.emotalk.animate()
    assert [found.stat().st_ino for found in cache.folder.iterdir()] == [written]
    bpy.ops.emotalk.clear_features()
    assert cache.size() == feature_cache.known_size() == 0


def test_0_keeps_nothing(cache):
    preferences_of(bpy.context).feature_cache = 0
    bpy.ops.emotalk.animate()
    assert cache.size() == 0
