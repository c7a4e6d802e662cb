import string

import pytest
from emotalk.face import arkit
from emotalk.face.retarget import match_shape_keys
from hypothesis import given
from hypothesis import strategies as st

SPELLINGS = {
    "exact": lambda name: name,
    "capital": lambda name: name[0].upper() + name[1:],
    "snake": lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name),
    "prefixed": lambda name: "Head.blendShape1." + name,
    "short side": lambda name: name.replace("Left", "_L").replace("Right", "_R"),
    "dotted side": lambda name: name.replace("Left", ".L").replace("Right", ".R"),
    "spaces": lambda name: "".join(" " + c if c.isupper() else c for c in name).title(),
}


WORDS = st.text(string.ascii_letters + string.digits + "_-. :|", max_size=12)
CHANNELS = st.lists(st.sampled_from(arkit.CHANNELS), min_size=2, unique=True)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_52_are_found_in_every_spelling(spelling):
    names = {channel: SPELLINGS[spelling](channel) for channel in arkit.CHANNELS}
    assert match_shape_keys(["Basis", *reversed(names.values())]) == names


def test_an_exact_name_wins_over_a_similar_one():
    assert match_shape_keys(["JawOpen", "jawOpen"]) == {"jawOpen": "jawOpen"}


def test_foreign_shape_keys_match_nothing():
    assert match_shape_keys(["Basis", "Smile", "viseme_aa", "Left", "L"]) == {}


@pytest.mark.parametrize("name", ["jawOpen.001", "jawOpen.012", "jaw_open.001", "Head.jawOpen.001", "JawOpen.1000"])
def test_a_copy_of_blender_is_recognised(name):
    assert match_shape_keys(["Basis", name]) == {"jawOpen": name}


def test_an_original_wins_over_its_copy():
    assert match_shape_keys(["jawOpen.001", "jawOpen"]) == {"jawOpen": "jawOpen"}
    assert match_shape_keys(["jawOpen.001", "JAW_OPEN"]) == {"jawOpen": "jawOpen.001"}


@pytest.mark.parametrize(
    "form", ["head_{}", "facs_bs_{}", "{}_bs", "Face Shape {} (auto)", "head{}", "l_{}", "bs_{}.001"]
)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_all_names_have_in_common_is_left_out(form, spelling):
    names = {channel: form.format(SPELLINGS[spelling](channel)) for channel in arkit.CHANNELS}
    assert match_shape_keys([*names.values(), "blink", "viseme_aa"]) == names


def test_other_meshes_of_the_character_show_what_belongs_to_the_name():
    assert match_shape_keys(["head_jawOpen"]) == {}
    relatives = [f"head_{channel}" for channel in arkit.CHANNELS]
    assert match_shape_keys(["head_jawOpen"], relatives=relatives) == {"jawOpen": "head_jawOpen"}


def test_names_without_latin_letters_match_nothing():
    assert match_shape_keys(["口", "顎", "_"]) == {}


def test_correctives_beside_the_real_keys_are_left_alone():
    names = ["jawOpen", "mouthClose", "mouthFunnel", "mouthPucker_fix", "jawLeft_fix", "jawOpen_fix"]
    assert match_shape_keys(names) == {name: name for name in ("jawOpen", "mouthClose", "mouthFunnel")}


def test_an_exact_name_wins_over_one_with_the_common_affix():
    names = {channel: f"bs_{channel}" for channel in arkit.CHANNELS} | {"jawOpen": "jawOpen"}
    assert match_shape_keys(["bs_jawOpen", *names.values()]) == names


@given(WORDS, WORDS, st.sampled_from(sorted(SPELLINGS)), CHANNELS, st.randoms())
def test_any_affix_and_any_spelling(before, after, spelling, channels, random):
    names = {channel: before + SPELLINGS[spelling](channel) + after for channel in channels}
    shuffled = list(names.values())
    random.shuffle(shuffled)
    found = match_shape_keys(shuffled)
    assert len(set(found.values())) == len(found)
    assert all(names.get(channel) == name for channel, name in found.items())


@given(st.from_regex("[a-z]{1,8}_?", fullmatch=True), st.from_regex("(_[a-z]{1,6})?", fullmatch=True), CHANNELS)
def test_usual_affixes_are_always_understood(before, after, channels):
    names = {channel: before + channel + after for channel in channels}
    assert match_shape_keys(names.values()) == names


@given(st.lists(WORDS), st.sampled_from(sorted(SPELLINGS)), CHANNELS)
def test_no_key_has_two_channels_and_exact_names_win(others, spelling, channels):
    names = [*others, *(SPELLINGS[spelling](channel) for channel in arkit.CHANNELS), *channels]
    found = match_shape_keys(names)
    assert len(set(found.values())) == len(found)
    assert all(found[channel] == channel for channel in channels)


BODY = """Basis arm_L arm_R Breathe belly fat muscle.001 muscle.002 elbow_L_fix elbow_R_fix knee_fix_L knee_fix_R
hand_fist_L hand_fist_R JawLine jaw_round JawLength mouthRound mouth_lipstick mouth_rest eye_iris_L
eye_iris_R eye_pupil brow_hair cheekbone_L cheekbone_R leftHand rightHand smile frown blink_L blink_R
tongue nose_scale noseWide browWidth viseme_aa viseme_oh Key.001 Key.002 body_height body_weight chest_up
chest_down neck_twist_L neck_twist_R jaw Left Right L R"""


def test_a_body_matches_nothing():
    assert match_shape_keys(BODY.split()) == {}


AFFIXES = st.sampled_from(
    ["", "body_", "bs.", "head", "l_", "_fix", "_L", ".R", "Left", "right", ".001", " (2)", "x_m"]
)


@given(st.lists(st.sampled_from(sorted({*BODY.split()} - {"jaw"}))), AFFIXES, AFFIXES)  # jaw.R is jawRight
def test_a_body_matches_nothing_with_any_affix(names, before, after):
    assert match_shape_keys([before + name + after for name in names if len(name) > 1]) == {}


def test_of_two_names_that_read_alike_the_first_one_is_taken():
    for names in (["JawOpen", "jaw_open"], ["jaw_open", "JawOpen"]):
        assert match_shape_keys(names) == {"jawOpen": names[0]}
