"""A line may animate the mouth alone, or what is above it."""

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, EYES, FLAME
from emotalk.face.curves import FaceCurves, Performance
from emotalk.face.parts import keep_part, left_out

LOWER = {name for name in arkit.CHANNELS if name.startswith(("jaw", "mouth", "tongue"))}


@pytest.fixture
def moving(performance):
    made = performance()
    eyes = FaceCurves(np.full((made.face.frames, 4), 0.5, np.float32), EYES, made.face.fps)
    return Performance(made.face.with_values(made.face.values + 0.1), made.head, eyes)


def test_every_channel_belongs_to_the_mouth_or_to_the_upper_face():
    assert left_out(ARKIT, "Upper face") == LOWER
    assert left_out(ARKIT, "Mouth") == set(arkit.CHANNELS) - LOWER
    assert not left_out(ARKIT, "Full face")


def test_the_full_face_is_as_it_was(moving):
    assert keep_part(moving, "Full face") is moving


@pytest.mark.parametrize("part", ["Mouth", "Upper face"])
def test_one_part_moves_and_the_rest_is_still(moving, part):
    kept = keep_part(moving, part)
    for name in arkit.CHANNELS:
        moved = name not in left_out(ARKIT, part)
        expected = moving.face.channel(name) if moved else np.zeros(moving.face.frames)
        np.testing.assert_array_equal(kept.face.channel(name), expected)
    for curves, before in ((kept.head, moving.head), (kept.eyes, moving.eyes)):
        np.testing.assert_array_equal(curves.values, before.values if part == "Upper face" else 0 * before.values)


def test_a_face_without_lips_has_no_parts():
    assert left_out(FLAME(10), "Mouth") == set()
