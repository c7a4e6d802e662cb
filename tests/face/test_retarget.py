import pytest
from emotalk.face import arkit
from emotalk.face.retarget import match_shape_keys

SPELLINGS = {
    "exact": lambda name: name,
    "capital": lambda name: name[0].upper() + name[1:],
    "snake": lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name),
    "prefixed": lambda name: "Head.blendShape1." + name,
    "short side": lambda name: name.replace("Left", "_L").replace("Right", "_R"),
    "dotted side": lambda name: name.replace("Left", ".L").replace("Right", ".R"),
    "spaces": lambda name: "".join(" " + c if c.isupper() else c for c in name).title(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_52_are_found_in_every_spelling(spelling):
    names = {channel: SPELLINGS[spelling](channel) for channel in arkit.CHANNELS}
    assert match_shape_keys(["Basis", *reversed(names.values())]) == names


def test_an_exact_name_wins_over_a_similar_one():
    assert match_shape_keys(["JawOpen", "jawOpen"]) == {"jawOpen": "jawOpen"}


def test_foreign_shape_keys_match_nothing():
    assert match_shape_keys(["Basis", "Smile", "viseme_aa", "Left", "L"]) == {}
