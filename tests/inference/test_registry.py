"""What the header of weights says of a network, and headers that cannot be."""

import json
from dataclasses import replace

import pytest
from emotalk.face.basis import ARKIT, FLAME
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.registry import COMPACT_SPEC, EMOTALK_SPEC, NETWORKS, read_spec, recognise, spec_metadata
from hypothesis import given
from hypothesis import strategies as st

NETWORK = NETWORKS["emotalk"]
NAMES = st.lists(st.text("abc äÖ", min_size=1, max_size=63), max_size=5, unique_by=str.casefold).map(tuple)


@given(st.sampled_from([ARKIT, FLAME(7)]), st.sampled_from([24.0, 23.976, 60.0]), NAMES, NAMES)
def test_what_is_written_is_read(basis, fps, emotions, styles):
    spec = replace(EMOTALK_SPEC, basis=basis, fps=fps, emotions=emotions, styles=styles)
    assert read_spec(NETWORK, spec_metadata(spec)) == spec


def test_what_the_header_does_not_say_is_the_rows():
    assert read_spec(NETWORK, {}) == EMOTALK_SPEC
    assert read_spec(NETWORKS["emotalk-compact"], {"fps": "25"}) == replace(COMPACT_SPEC, fps=25.0)
    assert read_spec(NETWORK, {"styles": '["Ann"]'}) == replace(EMOTALK_SPEC, styles=("Ann",))
    assert read_spec(NETWORK, {"emotions": '["happy"]'}) == replace(EMOTALK_SPEC, emotions=("happy",))


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        *(("fps", text, f"{text!r} frames per second; get them again") for text in ("0.9", "241", "soon", "nan", "")),
        *(
            ("styles", text, "do not name their styles as a list of short, different names")
            for text in ("", "{}", '"Ann"', "[1]", '[""]', '["a\\n"]', json.dumps(["x" * 64]), json.dumps(["a"] * 201))
        ),
        ("styles", '["Ann", "Ann"]', "name one of their styles twice"),
        ("styles", '["Ann", "ANN"]', "name one of their styles twice"),
        ("emotions", '["happy", "Happy"]', "name one of their emotions twice"),
        ("emotions", '["seed"]', "call an emotion 'seed', which is the name of a control"),
        ("channels", '["a", "a"]', "name one of their channels twice"),
        ("channels", "[]", "name invalid channels: a face needs channels"),
    ],
)
def test_a_header_that_cannot_be_is_refused(field, text, words):
    with pytest.raises(EmoTalkError) as raised:
        read_spec(NETWORK, {field: text})
    assert words in str(raised.value)


@pytest.mark.parametrize("fps", ["1", "240"])
def test_the_slowest_and_the_fastest_rate_are_read(fps):
    assert read_spec(NETWORK, {"fps": fps}).fps == float(fps)


def test_as_many_styles_as_there_may_be_are_read():
    names = tuple(f"Style {number}" for number in range(200))
    assert read_spec(NETWORK, {"styles": json.dumps(names)}).styles == names


@pytest.mark.parametrize("mark", ["audio_encoder_cont.", "audio_encoder_emo.", "obj_vector_person.", "bs_map_r."])
def test_a_published_checkpoint_is_known_by_any_of_its_parts(mark):
    assert recognise(["other", f"{mark}weight"]) == "emotalk"
    assert recognise([f"other.{mark}weight", mark[:-2]]) is None
    assert recognise([]) is None
