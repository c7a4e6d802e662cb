import json

import pytest
from emotalk.face.atomic_file import TakenError
from emotalk.face.mapping import COMBINE_RULES, KINDS, MEAN, SOLVE, Mapping, MappingError, Row, Target
from emotalk.face.mapping_files import from_text, read_mapping, to_text, write_mapping
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(min_size=1, max_size=8)
TARGETS = st.builds(
    lambda kind, name, axis, bone, obj: Target(
        kind, name, axis if kind in ("rotation", "location") else 0, bone if kind == "property" else "", obj
    ),
    st.sampled_from(KINDS),
    NAMES,
    st.integers(0, 2),
    NAMES,
    st.text(max_size=4),
)
ROWS = st.builds(
    lambda target, weight, gain, rule: Row(target, (("jawOpen", weight), ("mouthLeft", 1.0)), gain, combine=rule),
    TARGETS,
    st.floats(0.01, 9),
    st.floats(-9, 9),
    st.sampled_from(COMBINE_RULES),
)


@given(st.lists(ROWS, max_size=6, unique_by=lambda row: row.target.label), st.text(max_size=9))
def test_a_mapping_survives_as_text(rows, name):
    mapping = Mapping(tuple(rows), name)
    assert from_text(to_text(mapping)) == mapping
    assert from_text(to_text(mapping, indent=1)) == mapping


def test_files(tmp_path):
    mapping = Mapping((Row(Target("shape_key", "あ"), (("jawOpen", 0.5),), 2.0, lowest=0),), "Mine")
    write_mapping(tmp_path / "a.json", mapping)
    assert read_mapping(tmp_path / "a.json") == mapping
    with pytest.raises(TakenError):
        write_mapping(tmp_path / "a.json", mapping)
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MappingError, match=r"b\.json is no character mapping"):
        read_mapping(tmp_path / "b.json")


def test_a_viseme_stands_for_its_pose():
    row = from_text('{"emotalk_mapping": 1, "rows": [{"shape_key": "MBP", "viseme": "PP"}]}').rows[0]
    assert row.combine == SOLVE
    assert dict(row.sources)["mouthPressLeft"] == 0.38


def text(*rows, **fields):
    return json.dumps({"emotalk_mapping": 1, "rows": list(rows), **fields})


GOOD = {"shape_key": "x", "sources": {"jawOpen": 1}}


@pytest.mark.parametrize(
    ("damaged", "sentence"),
    [
        ("", "this is no character mapping"),
        ("[]", "this is no character mapping"),
        ('{"emotalk_mapping": true, "rows": []}', "this is no character mapping"),
        ("[" * 100000, "this is no character mapping"),
        (text(emotalk_mapping=2), "saved by a later version"),
        ('{"emotalk_mapping": 1}', "needs a name and a list of rows"),
        (text(name=3), "needs a name and a list of rows"),
        (text(GOOD, 3), "row 2 is no object"),
        (text({"shape_key": "x", "weight": 1}), "row 1 has an unknown field 'weight'"),
        (text({"sources": {}}), "row 1 needs exactly one target"),
        (text({"shape_key": "x", "property": "y"}), "row 1 needs exactly one target"),
        (text({"shape_key": 3}), "row 1: the names of targets are texts"),
        (text({"location": "b", "axis": "w"}), "row 1: an axis is x, y or z, not 'w'"),
        (text({"shape_key": "x", "sources": []}), "row 1: sources are channels with their weights"),
        (text({"shape_key": "x", "sources": {"jawOpen": "1"}}), "row 1: jawOpen must be a number"),
        (text({"shape_key": "x", "gain": True}), "row 1: gain must be a number"),
        (text({"shape_key": "x", "viseme": "QQ"}), "row 1: there is no viseme 'QQ'"),
        (text({"shape_key": "x", "combine": "mix"}), "row 1: sources are combined by"),
        (text({"shape_key": "x", "lowest": 1, "highest": 0}), "row 1: x: the lowest value must be below"),
        (text({"shape_key": "x", "sources": {}, "combine": MEAN}), "row 1: x: a mean needs weights above 0"),
        (text(GOOD, GOOD), "x is a target twice"),
    ],
)
def test_every_fault_has_its_sentence(damaged, sentence):
    with pytest.raises(MappingError, match=sentence):
        from_text(damaged)
