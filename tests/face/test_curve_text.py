"""Curves in a message between processes."""

import json

import numpy as np
import pytest
from emotalk.face.basis import EYES, FLAME, HEAD
from emotalk.face.curve_files import read_curves, write_curves
from emotalk.face.curve_text import from_text, to_text
from emotalk.face.curves import FaceCurves, Performance
from emotalk.face.errors import CurveFileError


def sent(made):
    return from_text(json.loads(json.dumps(to_text(made))))


def flame():
    rng = np.random.default_rng(0)
    parts = (FLAME(50), 53), (HEAD, 3), (EYES, 4)
    return Performance(
        *(FaceCurves(rng.normal(size=(20, size)).astype(np.float32), basis, 25) for basis, size in parts)
    )


def test_every_bit_arrives_as_through_a_file(performance, tmp_path):
    for made in (performance(), performance(frames=1), flame()):
        write_curves(tmp_path / "curves.npz", made)
        through_file, as_text = read_curves(tmp_path / "curves.npz"), sent(made)
        assert as_text.face.basis is through_file.face.basis
        assert as_text.face.fps == through_file.face.fps
        for part in ("face", "head", "eyes"):
            assert getattr(as_text, part).values.tobytes() == getattr(through_file, part).values.tobytes()


def test_no_numbers_are_not_sent(performance):
    made = performance()
    made.face.values[3, 4] = np.nan
    with pytest.raises(CurveFileError, match="not numbers"):
        to_text(made)


@pytest.mark.parametrize(
    "change",
    [
        {"values": "AAA"},
        {"values": "AAAA"},
        {"values": None},
        {"channels": ["jawOpen"] * 52},
        {"fps": "soon"},
        {"head": ""},
        {"values": "AADAfw" + "A" * 2000},
    ],
)
def test_a_damaged_message_is_one_sentence(performance, change):
    with pytest.raises(CurveFileError):
        from_text({**to_text(performance(frames=4)), **change})
