"""Every kind of file that studios have gives the same curves."""

import contextlib
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.curve_files import write_curves
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.errors import EmoTalkError
from emotalk.training.captures.channel_mapping import map_channels, preset_names, read_mapping
from emotalk.training.captures.curve_table import CurveTable, read_table
from emotalk.training.captures.project import read_project, read_takes
from emotalk.training.captures.sound_track import read_sound_track
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("studio", Path(__file__).with_name("studio.py"))
studio = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(studio)

_spec = importlib.util.spec_from_file_location(
    "gltf_files", Path(__file__).parents[2] / "face" / "test_gltf_weights.py"
)
gltf_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gltf_files)


@pytest.fixture(scope="module")
def acted():
    return studio.act(3, seconds=12.0)


def live_link(folder, curves):
    write_curves(folder / "a.csv", performance_of(curves))
    return "a.csv", {}


def our_npz(folder, curves):
    write_curves(folder / "a.npz", performance_of(curves))
    return "a.npz", {}


def our_json(folder, curves):
    write_curves(folder / "a.json", performance_of(curves))
    return "a.json", {}


def plain_csv(folder, curves):
    np.savetxt(folder / "a.csv", curves.values, delimiter=",", header=",".join(curves.channels), comments="")
    return "a.csv", {"fps": 30.0}


def csv_with_times(folder, curves):
    table = np.column_stack([curves.times + 7.0, curves.values])
    np.savetxt(folder / "a.csv", table, "%.9f", ",", header="time," + ",".join(curves.channels), comments="")
    return "a.csv", {}


def csv_in_another_order_and_case(folder, curves):
    names = [name.upper() for name in reversed(curves.channels)]
    np.savetxt(folder / "a.csv", curves.values[:, ::-1], delimiter=",", header=",".join(names), comments="")
    return "a.csv", {"fps": 30.0}


def columns_in_npz(folder, curves):
    np.savez(folder / "a.npz", fps=30.0, **dict(zip(curves.channels, curves.values.T, strict=True)))
    return "a.npz", {}


def etf_npy(folder, curves):
    """3D-ETF: frames × 52 in EmoTalk's order, 30 frames per second, no names and no rate in the file."""
    np.save(folder / "a.npy", curves.values)
    return "a.npy", {}


def gltf(folder, curves):
    scene = gltf_files.Scene()
    scene.animate((scene.mesh("Head", curves.channels), curves.times, curves.values))
    return scene.save(folder / "a.glb").name, {}


@pytest.mark.parametrize(
    "write",
    [
        gltf,
        live_link,
        our_npz,
        our_json,
        plain_csv,
        csv_with_times,
        csv_in_another_order_and_case,
        columns_in_npz,
        etf_npy,
    ],
    ids=lambda write: write.__name__,
)
def test_every_format_gives_the_same_take(tmp_path, acted, write):
    studio.write_take(tmp_path, "one", acted)
    (tmp_path / "one.csv").unlink()
    curves, fields = write(tmp_path, acted.curves)
    read = read_takes(read_project(studio.write_project(tmp_path, studio.row("one", curves, **fields))))
    assert read.left_out == ()
    assert read.takes[0].curves.basis is ARKIT
    assert read.takes[0].curves.fps == pytest.approx(30, rel=1e-6)
    np.testing.assert_allclose(read.takes[0].curves.values, acted.curves.values, atol=2e-6)


@pytest.mark.parametrize(
    ("expression", "jaw"),
    [("expression", "jaw"), ("exp", "jaw_pose"), ("expcode", "posecode"), ("expr", "pose")],
)
def test_flame_parameters_of_several_writers(tmp_path, acted, expression, jaw):
    rng = np.random.default_rng(0)
    frames = acted.curves.frames
    coefficients, turns = rng.normal(size=(frames, 50)), np.zeros((frames, 3))
    turns[:, 0] = 0.4 * acted.curves.channel("jawOpen")
    stored = np.concatenate([np.full((frames, 3), 9.0), turns], axis=1) if jaw.startswith("pose") else turns
    np.savez(tmp_path / "one.npz", **{expression: coefficients, jaw: stored, "shape": np.zeros(100)}, fps=30.0)
    studio.write_take(tmp_path, "one", acted)
    path = studio.write_project(tmp_path, studio.row("one", "one.npz"), head='basis = "flame-50"\n')
    read = read_takes(read_project(path))
    assert read.left_out == ()
    curves = read.takes[0].curves
    assert curves.basis is FLAME(50)
    np.testing.assert_allclose(curves.values, np.concatenate([coefficients, turns], axis=1), rtol=1e-6, atol=1e-6)


def test_flame_without_a_rate_takes_that_of_the_project(tmp_path):
    np.savez(tmp_path / "a.npz", exp=np.ones((40, 10)), jaw=np.zeros((40, 3)))
    assert read_table(tmp_path / "a.npz").fps is None
    assert read_table(tmp_path / "a.npz", 25.0).fps == 25
    np.savez(tmp_path / "a.npz", exp=np.ones((40, 10)), jaw=np.zeros((40, 3)), mocap_framerate=60.0)
    assert read_table(tmp_path / "a.npz").fps == 60


def test_flame_without_a_jaw_cannot_be_learnt_from(tmp_path):
    np.savez(tmp_path / "a.npz", exp=np.ones((40, 10)), fps=30.0)
    with pytest.raises(EmoTalkError, match=r"a\.npz has an expression of FLAME and no jaw"):
        read_table(tmp_path / "a.npz")


def test_a_rig_keeps_its_own_channels(tmp_path, acted):
    studio.write_take(tmp_path, "one", acted)
    jaw = acted.curves.channel("jawOpen").astype(np.float64)
    np.savez(tmp_path / "one.npz", ctrl_jaw=40 * jaw, ctrl_lip=-3 * jaw, spare=jaw, fps=30.0)
    path = studio.write_project(tmp_path, studio.row("one", "one.npz"), head='basis = ["ctrl_jaw", "ctrl_lip"]\n')
    read = read_takes(read_project(path))
    assert read.left_out == ()
    np.testing.assert_allclose(read.takes[0].curves.values, np.stack([40 * jaw, -3 * jaw], 1), rtol=1e-6)


# --- dropped frames --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [live_link, csv_with_times], ids=lambda write: write.__name__)
def test_dropped_frames_are_counted_and_filled_in_their_place(tmp_path, acted, write):
    name, _ = write(tmp_path, acted.curves)
    header, *rows = (tmp_path / name).read_text("utf-8").splitlines()
    dropped = {100, 101, 200}
    kept = [row for number, row in enumerate(rows) if number not in dropped]
    (tmp_path / name).write_text("\n".join([header, *kept]) + "\n", "utf-8")
    table = read_table(tmp_path / name)
    assert table.dropped == 3
    truth = acted.curves.values[:, arkit.INDEX["jawOpen"]].astype(np.float64)
    there = np.delete(np.arange(len(truth)), list(dropped))
    jaw = table.values[:, [column.lower() for column in table.names].index("jawopen")]
    np.testing.assert_allclose(jaw, np.interp(np.arange(len(truth)), there, truth[there]), atol=2e-6)


# --- mappings --------------------------------------------------------------------------------------------------------


def test_a_mapping_adds_weighted_columns(tmp_path):
    (tmp_path / "map.json").write_text(
        json.dumps({"channels": {"jawOpen": {"a": 0.01, "b": 0.5}, "mouthFunnel": {"b": 1.0}}}), "utf-8"
    )
    mapping = read_mapping("map.json", tmp_path)
    table = CurveTable(("b", "a"), np.array([[0.2, 50.0], [0.4, 100.0]]))
    curves = map_channels(table, ARKIT, mapping, 25.0)
    np.testing.assert_allclose(curves.channel("jawOpen"), [0.6, 1.0])  # the second is kept within 1
    np.testing.assert_allclose(curves.channel("mouthFunnel"), [0.2, 0.4])
    assert curves.values.sum() == pytest.approx(2.2)
    assert curves.fps == 25


def test_a_mapping_names_the_columns_of_files_without_names(tmp_path):
    (tmp_path / "map.toml").write_text('columns = ["x", "y"]\n[channels]\njawOpen = { y = 1.0 }\n', "utf-8")
    mapping = read_mapping("map.toml", tmp_path)
    curves = map_channels(CurveTable((), np.array([[0.1, 0.2], [0.3, 0.4]])), ARKIT, mapping, 30.0)
    np.testing.assert_allclose(curves.channel("jawOpen"), [0.2, 0.4])
    with pytest.raises(EmoTalkError, match="3 columns without names, and its mapping names 2"):
        map_channels(CurveTable((), np.zeros((2, 3))), ARKIT, mapping, 30.0)


def test_a_column_that_a_mapping_needs_must_be_there(tmp_path):
    text = 'optional = ["c"]\n[channels]\njawOpen = { a = 1.0, b = 1.0, c = 1.0 }\n'
    (tmp_path / "map.toml").write_text(text, "utf-8")
    mapping = read_mapping("map.toml", tmp_path)
    curves = map_channels(CurveTable(("a", "b"), np.full((2, 2), 0.25)), ARKIT, mapping, 30.0)
    np.testing.assert_allclose(curves.channel("jawOpen"), 0.5)
    with pytest.raises(EmoTalkError, match=r"lacks 1 of the 2 columns .*\(b for one\)"):
        map_channels(CurveTable(("a", "c"), np.zeros((2, 2))), ARKIT, mapping, 30.0)


@pytest.mark.parametrize("text", ["", "[channels]", "channels = 3", "[channels]\njawOpen = 1", "colour = 1", "[[["])
def test_what_is_no_mapping_gets_a_sentence(tmp_path, text):
    (tmp_path / "map.toml").write_text(text, "utf-8")
    with pytest.raises(EmoTalkError, match=r"map\.toml is not a mapping"):
        read_mapping("map.toml", tmp_path)
    with pytest.raises(EmoTalkError, match="There is no mapping nowhere"):
        read_mapping("nowhere", tmp_path)


def test_a_mapping_cannot_name_a_channel_that_the_face_lacks(tmp_path):
    (tmp_path / "map.toml").write_text("[channels]\njawWide = { a = 1.0 }\n", "utf-8")
    with pytest.raises(EmoTalkError, match="names jawWide; ARKit has no such channel"):
        map_channels(CurveTable(("a",), np.zeros((2, 1))), ARKIT, read_mapping("map.toml", tmp_path), 30.0)


@pytest.mark.parametrize("name", preset_names())
def test_presets_name_channels_that_exist(name):
    mapping = read_mapping(name, Path())
    assert mapping.title != name
    map_channels(CurveTable(mapping.needed, np.ones((2, len(mapping.needed)))), ARKIT, mapping, 30.0)


def test_every_weight_of_facegood_moves_its_channel_within_the_limits():
    """Each column alone, fully up: no channel of ours goes beyond 1, and oh and oo open the mouth."""
    mapping = read_mapping("facegood_116", Path())
    for column, name in enumerate(mapping.needed):
        values = np.zeros((2, len(mapping.needed)))
        values[:, column] = 1
        curves = map_channels(CurveTable(mapping.needed, values), ARKIT, mapping, 30.0)
        assert 0 < curves.values.max() <= 1, name
        if name in ("mouth_oh_c", "mouth_oo_c"):
            assert curves.channel("mouthFunnel")[0] > 0.25


# --- damaged files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".npz", ".npy", ".json"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_gets_a_sentence(tmp_path, acted, suffix, share):
    path = tmp_path / f"a{suffix}"
    if suffix == ".npy":
        np.save(path, acted.curves.values)
    else:
        write_curves(path, performance_of(acted.curves))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(EmoTalkError, match=rf"^a\{suffix} "):
        read_table(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("write", [plain_csv, columns_in_npz, etf_npy], ids=lambda write: write.__name__)
def test_what_is_no_number_is_refused_with_its_frame(tmp_path, acted, write, value):
    values = acted.curves.values.copy()
    values[123, 7] = value
    name, _ = write(tmp_path, acted.curves.with_values(values))
    with pytest.raises(EmoTalkError, match=r"values that are not numbers \(NaN or infinite\), first in frame 123$"):
        read_table(tmp_path / name)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([live_link, plain_csv, csv_with_times, our_npz, columns_in_npz, our_json, etf_npy]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_a_damaged_file_gives_numbers_or_a_sentence(tmp_path, write, damages):
    rng = np.random.default_rng(0)
    curves = FaceCurves(rng.random((40, 52)).astype(np.float32), ARKIT, 30.0)
    path = tmp_path / write(tmp_path, curves)[0]
    data = bytearray(path.read_bytes())
    for place, byte in damages:
        data[place % len(data)] = byte
    path.write_bytes(data)
    with contextlib.suppress(EmoTalkError):
        table = read_table(path, 30.0)
        assert np.isfinite(table.values).all()
        assert table.values.ndim == 2


@pytest.mark.parametrize("array", [np.zeros(100), np.zeros((2, 3, 4)), np.array([["a", "b"], ["c", "d"]])])
def test_an_array_that_is_no_table_gets_a_sentence(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(EmoTalkError, match=r"a\.npy holds no table of numbers"):
        read_table(tmp_path / "a.npy")


def test_an_unknown_kind_of_file_gets_a_sentence(tmp_path):
    (tmp_path / "a.fbx").write_bytes(b"Kaydara")
    with pytest.raises(EmoTalkError, match=r"a\.fbx is of no kind that holds curves"):
        read_table(tmp_path / "a.fbx")


# --- sound of films --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
@pytest.mark.parametrize("suffix", [".mov", ".mp4"])
def test_the_sound_of_a_film_is_read(tmp_path, acted, suffix):
    studio.write_take(tmp_path, "one", acted)
    film = tmp_path / f"one{suffix}"
    picture = "-f lavfi -i color=size=16x16:duration=12".split()
    subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            *picture,
            "-i",
            tmp_path / "one.wav",
            "-c:a",
            "aac",
            "-b:a",
            "96k",
            "-shortest",
            film,
        ],
        check=True,
    )
    speech = read_sound_track(film)
    assert speech.source == str(film)
    length = min(len(speech.samples), len(acted.speech.samples))
    assert length / 16000 == pytest.approx(12, abs=0.1)
    assert np.corrcoef(speech.samples[:length], acted.speech.samples[:length])[0, 1] > 0.98


def test_a_film_without_ffmpeg_asks_for_wav(tmp_path, monkeypatch):
    (tmp_path / "one.mov").write_bytes(b"\0\0\0\x14ftypqt  " + b"\0" * 64)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmoTalkError, match="no ffmpeg to read its sound; export that as WAV"):
        read_sound_track(tmp_path / "one.mov")
