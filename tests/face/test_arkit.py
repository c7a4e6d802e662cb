import pytest
from emotalk.face import arkit


def test_there_are_52_names_in_alphabetical_order():
    assert len(arkit.CHANNELS) == len(set(arkit.CHANNELS)) == 52
    assert list(arkit.CHANNELS) == sorted(arkit.CHANNELS)


def test_every_channel_stands_in_exactly_one_region():
    members = [name for region in arkit.REGIONS.values() for name in region]
    assert sorted(members) == list(arkit.CHANNELS)


def test_mirroring_twice_changes_nothing_and_stays_in_the_list():
    for name in arkit.CHANNELS:
        assert arkit.mirrored(name) in arkit.INDEX
        assert arkit.mirrored(arkit.mirrored(name)) == name


def test_sides_of_a_stem():
    assert arkit.sides("jawOpen") == ("jawOpen",)
    assert arkit.sides("mouthSmile") == ("mouthSmileLeft", "mouthSmileRight")
    with pytest.raises(KeyError):
        arkit.sides("mouthGrin")
