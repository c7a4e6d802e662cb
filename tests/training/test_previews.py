"""From a project file of captures to a film: a preset on takes, the takes that it may use, and the verb preview."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from emotalk.command_line.main import main
from emotalk.face.curve_files import read_curves
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training import presets
from emotalk.training.preset import Preset, on_captures
from emotalk.training.previews import look_back, perform_held_out
from emotalk.training.recipe import Recipe, read_recipe
from emotalk.training.run_folder import open_run

HERE = Path(__file__).parent
SMALL = runpy.run_path(str(HERE / "small_task.py"))
STUDIO = runpy.run_path(str(HERE / "captures" / "studio.py"))
RECIPE = """
steps = 20
batch_size = 8
learning_rate = 0.01
decay_from = 20
decay_to = 40
validate_every = 10
losses = {position = 1.0, motion = 0.5}
"""


class BundledTask(SMALL["SmallTask"]):
    """Trains a small network, but exports the bundled model: a film needs a face."""

    def export(self, network, path, provenance):
        path.write_bytes(bundled_weights(MODEL_ID).read_bytes())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A preset "faces", and a project of four takes to train on, one held out, and one that is damaged."""
    (tmp_path / "faces.toml").write_text(RECIPE)
    read = on_captures(lambda _project, _read, recipe: BundledTask(recipe))
    load = lambda path: EmoTalkCompact.load(path, COMPACT_SPEC)  # noqa: E731
    row = Preset("faces", tmp_path / "faces.toml", Recipe, read, "faces.safetensors", load)
    monkeypatch.setitem(presets.PRESETS, "faces", row)
    takes = tmp_path / "takes"
    takes.mkdir()
    rows = []
    for number, name in enumerate(("a", "b", "c", "d", "kept", "broken")):
        STUDIO["write_take"](takes, name, STUDIO["act"](number + 1))
        rows.append(STUDIO["row"](name, split="validation" if name == "kept" else "train"))
    (takes / "broken.csv").write_text("Timecode,BlendshapeCount\n")
    return STUDIO["write_project"](takes, *rows)


def train(project, tmp_path, *words):
    words = ("--preset", "faces", "--runs", str(tmp_path / "runs"), "--cpu", "--threads", "1", *words)
    assert main(["train", str(project), *words]) == 0
    return open_run(max((tmp_path / "runs").glob("*/*/*")))


def test_a_bad_take_is_named_and_is_not_among_the_data(project, tmp_path):
    run = train(project, tmp_path)
    assert "broken is left out: " in run.log.read_text()
    names = [row["path"] for row in json.loads(run.data.read_text())]
    sounds_and_curves = {f"{name}.{ending}" for name in ("a", "b", "c", "d", "kept") for ending in ("csv", "wav")}
    assert set(names) == {project.name, *sounds_and_curves}


def test_a_debug_run_has_two_takes_and_one_held_out(project, tmp_path):
    run = train(project, tmp_path, "--debug")
    names = {row["path"] for row in json.loads(run.data.read_text())}
    assert names == {project.name, *(f"{name}.{ending}" for name in ("a", "b", "kept") for ending in ("csv", "wav"))}


def test_a_project_without_a_good_take_is_refused_with_the_reasons(project, tmp_path):
    for name in "abcd":
        (project.parent / f"{name}.wav").unlink()
    recipe = read_recipe(Recipe, tmp_path / "faces.toml")
    with pytest.raises(EmoTalkError, match=r"has no take to train on; a: .*; b: .*; broken: "):
        presets.PRESETS["faces"].read(project, recipe, False)


def test_a_held_out_take_is_performed_by_the_exported_model(project, tmp_path):
    run = train(project, tmp_path)
    preview = perform_held_out(run, None, 1.5)
    assert preview.film == run.previews / "step_0000020_kept.mp4"
    assert preview.captured.frames == 45
    assert len(preview.speech.samples) == 24_000
    assert abs(preview.predicted.frames - 45) <= 1
    assert np.ptp(preview.predicted.values) > 0.1
    with pytest.raises(EmoTalkError, match="no held-out take 'a'; there is kept"):
        perform_held_out(run, "a", 1.5)
    (run.export / "faces.safetensors").unlink()
    with pytest.raises(EmoTalkError, match="run emotalk export first"):
        perform_held_out(run, "kept", 1.5)


def test_what_the_model_made_of_the_take_is_kept_while_it_trains(project, tmp_path, monkeypatch):
    exports = []
    export = BundledTask.export
    monkeypatch.setattr(BundledTask, "export", lambda *words: exports.append(words[2].parent) or export(*words))
    run = train(project, tmp_path, "--set", "preview_every=5")
    kept = sorted(path.name for path in run.previews.glob("step_*"))
    assert kept == [f"step_00000{step}.npz" for step in ("05", "10", "15", "20")]
    assert not [folder for folder in exports[:-1] if folder.exists()]
    early = look_back(run, 5, 1.5)
    assert early.film == run.previews / "step_0000005.mp4"
    assert early.captured.frames == 45
    np.testing.assert_array_equal(early.predicted.values, read_curves(run.predicted).face.values[:45])
    assert len(early.speech.samples) == 24_000
    with pytest.raises(EmoTalkError, match="No preview of step 7 was kept; there is 5, 10, 15, 20"):
        look_back(run, 7, 1.5)


FILM = """
import sys
from pathlib import Path
import numpy as np
from emotalk.command_line.preview import _film
from emotalk.demo.side_by_side import film_side_by_side
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves
from emotalk.inference.contract import Speech
from emotalk.training.previews import Preview
shut, open_ = np.zeros((2, 9, 52), np.float32)
open_[:, ARKIT.index["jawOpen"]] = 0.8
sound = Speech(np.sin(np.arange(4800) / 20).astype(np.float32) / 2)
_film(Preview(sound, FaceCurves(shut, ARKIT, 30), FaceCurves(open_, ARKIT, 30), Path(sys.argv[1])), film_side_by_side)
"""


def test_the_film_shows_the_captured_face_beside_the_predicted_one(tmp_path):
    film = tmp_path / "previews" / "step.mp4"
    done = subprocess.run([sys.executable, "-c", FILM, str(film)], capture_output=True, text=True, timeout=200)
    assert film.is_file(), done.stdout + done.stderr
    assert [path.name for path in film.parent.iterdir()] == ["step.mp4"]
    reader = imageio_ffmpeg.read_frames(str(film))
    size = next(reader)["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(size[1], size[0], 3).astype(float) for frame in reader]
    assert len(frames) == 9
    captured, predicted = np.split(frames[4], 2, axis=1)

    def difference(rows):
        """Of the two faces; the camera looks from a little to the side, so they may be some pixels apart."""
        return min(np.abs(captured[rows] - np.roll(predicted[rows], shift, axis=1)).mean() for shift in range(8))

    eyes, mouth = np.s_[100:170], np.s_[200:270]
    assert difference(eyes) < 9
    assert difference(mouth) > 1.5 * difference(eyes)
