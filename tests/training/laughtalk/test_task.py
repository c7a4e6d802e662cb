"""Both stages on the takes of a synthetic actor: through the tasks, and through the commands."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.command_line.main import main
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.capture_metrics import vertex_error
from emotalk.face.controls import Controls
from emotalk.face.landmarks import LIPS
from emotalk.face.sample_head import build_sample_head, posed
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.inference.checkpoints.library import find_weights
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.wav2vec2 import BASE
from emotalk.training.laughtalk.losses import motion_losses, together
from emotalk.training.laughtalk.preset import load, tell_laughter
from emotalk.training.laughtalk.recipe import LAUGH_RECIPE, TALK_RECIPE, LaughRecipe, TalkRecipe
from emotalk.training.laughtalk.task import LaughTask, TalkTask
from emotalk.training.recipe import read_recipe, read_settings
from emotalk.training.run_folder import RunFolder, open_run
from emotalk.training.trainer import new_accelerator, train

WORDS = (
    "--set batch_size=4 --set window_seconds=1.0 --set teacher_forced=3 --set steps=40 --set save_every=4 "
    "--set validate_every=20"
).split()
TALK_WORDS = (
    "--set network.features=16 --set network.feed_forward=24 --set encoder.hidden_size=16 "
    "--set encoder.intermediate_size=24 --set encoder.conv_dim=16"
).split()


def performed(path, take, **controls):
    model = load(path)
    return model.decode(model.encode(take.speech), Controls(controls)).values


def test_recipes_of_the_published_sizes_are_complete():
    for kind, recipe in ((TalkRecipe, TALK_RECIPE), (LaughRecipe, LAUGH_RECIPE)):
        published = read_settings(recipe.with_name(f"{recipe.stem}-published.toml"))
        small, large = read_recipe(kind, recipe), read_recipe(kind, recipe, published)
        assert set(small.losses) == set(large.losses)
        assert small.teacher_forced < small.decay_from < small.steps < small.decay_to
        assert (large.batch_size, large.learning_rate, large.teacher_forced, large.window_seconds) == (1, 1e-4, 0, 3.5)
    assert (large.losses["landmarks"], large.losses["coefficients"]) == (0.1, 1)


def test_the_first_stage_learns_to_talk(talk_task, takes, tmp_path):
    talks = [take for take in takes[0] if take.name.startswith("talk")]
    changes = {"steps": 150, "batch_size": 8, "teacher_forced": 120, "learning_rate": 5e-3, "validate_every": 0}
    task = talk_task(talks, talks, **changes)
    before = task.validate(task.network.eval())["score"]
    result = train(task, task._recipe, RunFolder(tmp_path), "id", new_accelerator(task._recipe, cpu=True))
    assert result.figures["score"] < 0.8 * before
    assert {"score", "lve_mm"} == set(task.base_figures())


def test_teacher_forcing_ends_at_the_step_that_the_recipe_says(talk_task, laugh_task):
    for task in (talk_task(), laugh_task()):
        forced, free = (task.draw(step, np.random.default_rng(0)) for step in (2, 3))
        assert forced.past.shape == forced.motion.shape
        assert not free.past.numel()
        assert torch.equal(forced.motion, free.motion)
        terms = task.losses(free)
        assert set(terms) == set(task._recipe.losses)
        assert all(torch.isfinite(term) for term in terms.values())


def test_the_second_stage_keeps_the_talk_and_learns_the_rest(laugh_task, takes, talk_weights, tmp_path):
    task = laugh_task(steps=80, batch_size=8, teacher_forced=50, learning_rate=5e-3, validate_every=0)
    assert not any("talk" in name for name, _ in task.network.named_parameters())
    batch = task.draw(60, np.random.default_rng(0))
    alone = motion_losses(together(batch.talk, torch.zeros_like(batch.talk), ARKIT), batch, task.network.face)
    assert all(torch.equal(term, alone[name]) for name, term in task.losses(batch).items())
    base = task.base_figures()
    assert set(base) == {"score", "lve_mm", "lve_laughs_mm", "lve_speech_mm"}
    silent = task.validate(task.network.eval())
    assert {name: silent[name] for name in base} == base
    result = train(task, task._recipe, RunFolder(tmp_path), "id", new_accelerator(task._recipe, cpu=True))
    assert result.figures["lve_laughs_mm"] < 0.9 * base["lve_laughs_mm"]
    path = tmp_path / "laugh.safetensors"
    task.export(result.network, path, {"run": "id"})
    arrays, metadata = read_safetensors(path)
    talk, _ = read_safetensors(talk_weights)
    assert all((arrays[name] == array).all() for name, array in talk.items())
    assert metadata["model"] == "laughtalk"
    assert performed(path, takes[1][0], laughter=0).tobytes() == performed(talk_weights, takes[1][0]).tobytes()
    assert np.abs(performed(path, takes[1][0]) - performed(talk_weights, takes[1][0])).max() > 0.05


def test_what_is_exported_is_what_was_validated(laugh_task, awaken, takes, tmp_path):
    task = laugh_task()
    awaken(task)
    figures = task.validate(task.network.eval())
    path = tmp_path / "Ada.safetensors"
    task.export(task.network, path, {})
    skin, lips = build_sample_head().parts["skin"], sample_landmarks()[list(LIPS)]
    errors = []
    for take in takes[1]:
        values = performed(path, take)
        frames = min(len(values), take.curves.frames)
        true, guess = (
            np.stack([posed(skin, row)[lips] for row in rows[:frames]]) for rows in (take.curves.values, values)
        )
        errors.append((vertex_error(1e3 * true, 1e3 * guess)[0], frames))
    mean = sum(error * frames for error, frames in errors) / sum(frames for _, frames in errors)
    assert figures["lve_mm"] == pytest.approx(mean, rel=1e-3)
    assert figures["residual_in_speech"] > 0
    config = json.loads(read_metadata(path)["config"])
    assert config["laugh_size"] == pytest.approx(task._config.laugh_size)


def test_the_residual_begins_with_the_encoder_of_the_talk_or_with_a_speech_emotion_checkpoint(
    laugh_task, talk_weights, tmp_path
):
    talk, _ = read_safetensors(talk_weights)
    branch = laugh_task(seed=2).network.branch  # weights drawn with another seed than those of the talk
    for name, array in branch.arrays().items():
        if name.startswith("encoder."):
            assert (array == talk[f"talk_{name}"]).all()
    transformers = pytest.importorskip("transformers")
    from emotalk.inference.checkpoints.wav2vec2_converter import convert_wav2vec2

    torch.manual_seed(4)
    published = transformers.Wav2Vec2ForSequenceClassification(
        transformers.Wav2Vec2Config(
            hidden_size=64,
            num_hidden_layers=1,
            num_attention_heads=1,
            intermediate_size=32,
            conv_dim=(16,) * 7,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=4,
            classifier_proj_size=8,
            num_labels=4,
        )
    )
    path = tmp_path / "emotion.bin"
    torch.save(published.state_dict(), path)
    task = laugh_task(speech_emotion=str(path))
    arrays = task._arrays(task.network, "laugh")
    for name, weight in convert_wav2vec2(published.wav2vec2.state_dict()):
        np.testing.assert_array_equal(arrays[f"laugh_encoder.{name}"], weight.detach())
    assert task._config.laugh_encoder.hidden_size == 64
    exported = tmp_path / "laugh.safetensors"
    task.export(task.network.eval(), exported, {})
    assert load(exported).config.talk_encoder.hidden_size == 16


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4 no archive", b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00true.", b"{}"]
)
def test_a_hostile_checkpoint_is_a_sentence(laugh_task, talk_task, tmp_path, content):
    path = tmp_path / "hostile.bin"
    path.write_bytes(content)
    for make in (lambda: laugh_task(speech_emotion=str(path)), lambda: talk_task(wav2vec2=str(path))):
        with pytest.raises(EmoTalkError):
            make()


def test_data_and_files_that_do_not_fit_are_named(laugh_task, takes, talk_weights, tmp_path, laughing):
    talks = [take for take in takes[0] if take.name.startswith("talk")]
    with pytest.raises(EmoTalkError, match="second stage has nothing to learn from"):
        laugh_task(trained=talks)
    with pytest.raises(EmoTalkError, match="train --preset laughtalk-talk first"):
        laugh_task(talk="")
    arrays, metadata = read_safetensors(talk_weights)
    other = tmp_path / "other.safetensors"
    write_safetensors(other, arrays, metadata | {"model": "emote"})
    with pytest.raises(EmoTalkError, match="not LaughTalk's; name those that laughtalk-talk exports"):
        laugh_task(talk=str(other))
    write_safetensors(other, {"talk_decoder.start": arrays["talk_decoder.start"]}, metadata)
    with pytest.raises(EmoTalkError, match="lack"):
        laugh_task(talk=str(other))
    on_flame = [laughing.act(0, seconds=4.0, flame=True)]
    with pytest.raises(EmoTalkError, match="performs ARKit, and the takes are FLAME 50"):
        laugh_task(trained=on_flame, flame=laughing.ACTING["flame"]()[0])
    for changes, says in (({"window_seconds": 0.0}, "window_seconds"), ({"anywhere": 2.0}, "anywhere")):
        with pytest.raises(EmoTalkError, match=says):
            read_recipe(LaughRecipe, LAUGH_RECIPE, changes)
    with pytest.raises(EmoTalkError, match="fps must be 1 to 240"):
        read_recipe(TalkRecipe, TALK_RECIPE, {"fps": 0.0})


def test_flame_is_learnt_at_its_rate(laughing, tmp_path, awaken):
    flame = laughing.ACTING["flame"]()[0]
    takes = [laughing.act(seed, laughs=seed == 0, seconds=4.0, flame=True) for seed in (0, 1)]
    sizes = {
        "batch_size": 2,
        "window_seconds": 1.0,
        "fps": 25,
        "network": {"features": 16, "period": 25},
        "encoder": {"hidden_size": 16, "conv_dim": 16},
    }
    task = TalkTask(read_recipe(TalkRecipe, TALK_RECIPE, sizes), flame, takes, takes[:1])
    awaken(task)
    path = tmp_path / "talk.safetensors"
    task.export(task.network.eval(), path, {})
    model = load(path)
    assert (model.spec.basis, model.spec.fps, model.config.period) == (FLAME(50), 25.0, 25)
    settings = read_recipe(
        LaughRecipe, LAUGH_RECIPE, {"talk": str(path), "vertex_step": 100, "batch_size": 2, "window_seconds": 1.0}
    )
    second = LaughTask(settings, flame, takes, takes[:1])
    assert set(second.losses(second.draw(5, np.random.default_rng(0)))) == set(settings.losses)
    assert len(read_metadata(path)["flame_template_sha256"]) == 64
    with pytest.raises(EmoTalkError, match="another release of FLAME"):
        LaughTask(settings, replace(flame, template=flame.template + 1), takes)


def test_whoever_trains_the_talk_is_told_of_the_laughter(takes):
    class Read:
        def __init__(self, takes):
            self._takes = takes

        def of_split(self, _split):
            return self._takes

    (sentence,) = tell_laughter(Read(takes[0]))
    assert sentence.startswith("2 laughs of ")
    (sentence,) = tell_laughter(Read([take for take in takes[0] if take.name.startswith("talk")]))
    assert "second stage, laughtalk-laugh, has nothing to learn from" in sentence


@pytest.fixture(scope="module")
def project(laughing, takes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    return laughing.write_project(folder, [*takes[0], *takes[1]])


def run_of(runs, preset):
    return open_run(max((runs / "laughing" / preset).iterdir()))


def killed_and_resumed(command, runs, preset, whole):
    """Weights of a run that was killed and went on, and of one that was not; and the run."""
    child = subprocess.Popen([sys.executable, "-m", "emotalk.command_line.main", *command], stdout=subprocess.DEVNULL)
    for _ in range(3000):
        if list(runs.glob(f"laughing/{preset}/*/checkpoints/step_*8.pt")) or child.poll() is not None:
            break
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    killed = run_of(runs, preset)
    assert not list(killed.export.glob("*.safetensors"))
    shutil.copytree(killed.path, whole)
    for checkpoint in (whole / "checkpoints").iterdir():
        checkpoint.unlink()
    for path in (killed.path, whole):
        assert main(["resume", str(path), "--cpu"]) == 0
    name = f"{'laughtalk' if preset == 'laughtalk-laugh' else preset}.safetensors"
    return *(read_safetensors(path / "export" / name)[0] for path in (killed.path, whole)), killed


def test_a_project_trains_both_stages_and_goes_on_after_a_kill(project, takes, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "library"))
    runs = tmp_path / "runs"
    common = ["train", str(project), "--runs", str(runs), "--cpu", "--threads", "1", *WORDS]
    command = [*common, "--preset", "laughtalk-talk", *TALK_WORDS]
    date = tmp_path / "whole" / "20261125_000000"
    resumed, uninterrupted, talk = killed_and_resumed(command, runs, "laughtalk-talk", date)
    assert all((array == uninterrupted[name]).all() for name, array in resumed.items())
    weights = talk.export / "laughtalk-talk.safetensors"
    command = [*common, "--preset", "laughtalk-laugh", "--set", f"talk={weights}", "--set", "vertex_step=50"]
    date = tmp_path / "second" / "20261125_000000"
    resumed, uninterrupted, laugh = killed_and_resumed(command, runs, "laughtalk-laugh", date)
    assert all((array == uninterrupted[name]).all() for name, array in resumed.items())
    recorded = {row["path"] for row in json.loads(laugh.data.read_text())}
    assert any(name.endswith("laughtalk-talk.safetensors") for name in recorded)
    logged = [row["losses"] for row in map(json.loads, laugh.metrics.read_text().splitlines()) if "losses" in row]
    assert set(logged[-1]) == {"coefficients", "landmarks", "vertices", "velocity"}
    evaluation = json.loads(laugh.evaluation.read_text())
    assert {"lve_laughs_mm", "lve_speech_mm", "residual_in_speech"} <= set(evaluation["figures"])
    exported = str(laugh.export / "laughtalk.safetensors")
    assert main(["weights", "import", exported, "--name", "Ada laughs"]) == 0
    assert find_weights("Ada laughs").spec.basis is ARKIT
    capsys.readouterr()
    assert main(["controls", "--model", "Ada laughs"]) == 0
    assert "--laughter" in capsys.readouterr().out
    sound = project.parent / f"{takes[1][0].name}.wav"
    out = tmp_path / "line.npz"
    assert main(["animate", str(sound), "-o", str(out), "--model", "Ada laughs", "--laughter", "1.5"]) == 0
    assert out.exists()


def test_the_encoder_is_wav2vec2s(talk_task):
    assert talk_task()._encoder.config.conv_kernel == BASE.conv_kernel
