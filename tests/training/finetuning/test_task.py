"""An actor's style is learned where she was captured, and nothing else changes."""

import numpy as np
import pytest
import torch
from emotalk.face import arkit
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.library import find_weights, place_for
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.compact import EmoTalkCompact
from emotalk.inference.models.loading import load_model
from emotalk.training.batch_parts import part_of
from emotalk.training.captures.take import Labels
from emotalk.training.finetuning.batches import FRAMES, draw_batch, stretches
from emotalk.training.finetuning.captured import moving_channels
from emotalk.training.finetuning.compact_network import CompactSystem
from emotalk.training.finetuning.export import style_name
from emotalk.training.finetuning.preset import load_exported
from emotalk.training.finetuning.task import figures
from emotalk.training.learner import Learner
from emotalk.training.trainer import new_accelerator

JAW = arkit.INDEX["jawOpen"]


def controls_of(labels):
    return CompactSystem.controls(None, labels)


def trained(task, recipe):
    learner = Learner(task, recipe, new_accelerator(recipe, cpu=True))
    terms = [learner.train_step(step) for step in range(recipe.steps)]
    return learner.average, terms


def shaken(task):
    """The task's network with low-rank weights that do something."""
    torch.manual_seed(0)
    for parameter in task.network.parameters():
        if parameter.requires_grad:
            parameter.data += 0.05 * torch.randn_like(parameter)
    return task.network.eval()


@pytest.fixture(scope="module")
def exported(actor_task, take_of, tmp_path_factory):
    """A task with a changed network, and its file."""
    task = actor_task(takes=[take_of(1, emotion="joy", intensity=0.8)])
    path = tmp_path_factory.mktemp("export") / "emotalk-compact-actor.safetensors"
    task.export(shaken(task), path, {"trained_for": "no step"})
    return task, path


def test_training_brings_the_held_out_take_nearer_than_the_base_is(actor_task, recipe_of):
    task = actor_task()
    network, terms = trained(task, recipe_of())
    assert task.validate(network)["error"] < 0.8 * task.base_figures()["error"]
    assert terms[-1]["values"] < 0.7 * terms[0]["values"]


def test_untrained_it_is_the_base_but_for_nothing(actor_task):
    task = actor_task()
    assert task.validate(task.network.eval()) == pytest.approx(task.base_figures(), abs=1e-4)


def test_the_network_in_torch_and_its_file_in_numpy_give_the_same_curves(exported, take_of):
    task, path = exported
    take = take_of(1, emotion="joy", intensity=0.8)
    model = load_exported(path)
    curves = model.decode(model.encode(take.speech), controls_of(take.labels)).values
    batch = stretches([task._own[0]], [30])
    with torch.no_grad():
        ours = task.network(batch)[0].numpy()
    inside = slice(40, -40)
    # Half precision in the file.
    assert np.abs(ours - curves[30 : 30 + FRAMES])[inside].max() < 5e-3
    assert ours.std() > 0.02


def test_every_other_style_is_the_base_to_the_last_bit(exported, take_of):
    _, path = exported
    speech = take_of(5).speech
    model, base = load_exported(path), EmoTalkCompact.load(find_weights("emotalk-compact").path, load_base().spec)
    features, plain = model.encode(speech), base.encode(speech)
    for style in ("Natural", "Drawl"):
        controls = Controls({"personal_style": style, "happy": 0.5})
        assert model.decode(features, controls).values.tobytes() == base.decode(plain, controls).values.tobytes()
    away = Controls({"personal_style": "Mei", "second_style": "Drawl", "style_blend": 1})
    assert (
        model.decode(features, away).values.tobytes()
        == base.decode(plain, Controls({"personal_style": "Drawl"})).values.tobytes()
    )


def load_base():
    return load_model("emotalk-compact")


def test_her_style_is_the_default_and_blends_by_frame(exported, take_of):
    _, path = exported
    model = load_exported(path)
    assert model.spec.styles == ("Mei", *load_base().spec.styles)
    features = model.encode(take_of(5).speech)
    hers = model.decode(features, Controls()).values
    other = model.decode(features, Controls({"personal_style": "Drawl"})).values
    assert np.abs(hers - other).max() > 0.05
    track = np.linspace(0, 1, features.frames).tolist()
    blend = Controls({"personal_style": "Mei", "second_style": "Drawl", "style_blend": track})
    share = np.array(track, np.float32)[:, None]
    np.testing.assert_allclose(model.decode(features, blend).values, hers + share * (other - hers), atol=1e-6)
    back = Controls({"personal_style": "Drawl", "second_style": "Mei", "style_blend": track[::-1]})
    np.testing.assert_allclose(model.decode(features, back).values, hers + share * (other - hers), atol=1e-6)


def test_the_file_is_small_and_names_its_base_its_actor_and_its_takes(exported):
    _, path = exported
    metadata = read_metadata(path)
    assert path.stat().st_size < 5_000_000
    assert metadata["actor"] == "Mei"
    assert len(metadata["base_sha256"]) == 64
    assert metadata["takes"] == '["take_1"]'


def test_in_the_library_it_is_a_model_with_the_actors_name(exported):
    _, path = exported
    place_for("Mei", overwrite=True).write_bytes(path.read_bytes())
    weights = find_weights("Mei")
    assert (weights.label, weights.damage) == ("EmoTalk Compact: Mei", "")
    assert load_model("Mei").spec.styles[0] == "Mei"
    place_for("second day", overwrite=True).write_bytes(path.read_bytes())
    assert find_weights("second day").label == "second day (EmoTalk Compact: Mei)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_sha256": "0" * 64}, "not installed"),
        ({"base_sha256": ""}, "whose style"),
        ({"styles": '["Mei", "Natural"]'}, "other styles"),
    ],
)
def test_a_file_that_does_not_fit_says_why(exported, tmp_path, change, message):
    arrays, metadata = read_safetensors(exported[1])
    write_safetensors(tmp_path / "wrong.safetensors", arrays, {**metadata, **change})
    with pytest.raises(EmoTalkError, match=message):
        load_exported(tmp_path / "wrong.safetensors")


@pytest.mark.parametrize(("name", "message"), [("face.weight.left", "does not fit"), ("content.usual", "encoders")])
def test_weights_that_do_not_fit_the_base_are_refused(exported, tmp_path, name, message):
    arrays, metadata = read_safetensors(exported[1])
    arrays[name] = np.zeros((3, 4), np.float16)
    write_safetensors(tmp_path / "wrong.safetensors", arrays, metadata)
    with pytest.raises(EmoTalkError, match=message):
        load_exported(tmp_path / "wrong.safetensors")


def test_channels_that_do_not_move_and_lids_keep_the_base(actor_task, take_of):
    task, moving = actor_task(), moving_channels([take_of(1)])
    assert moving[JAW]
    assert not moving[arkit.INDEX["eyeBlinkLeft"]]
    assert not moving[arkit.INDEX["tongueOut"]]
    base, line = load_base(), task._own[0]
    values = base.decode(base.encode(take_of(1).speech), controls_of(Labels())).values
    np.testing.assert_array_equal(line.values[:, ~moving], values[:, ~moving])
    np.testing.assert_array_equal(line.values[:, moving], take_of(1).curves.values[: len(line.values), moving])


def test_what_was_not_captured_counts_for_kept_alone(actor_task):
    task = actor_task()
    batch = draw_batch(task._own, task._others, 4, 0.5, np.random.default_rng(0))
    assert batch["own"].sum() == 2
    assert not batch["captured"][batch["own"] == 0].any()
    line = task._others[0]
    alone = stretches([line], [0])
    terms = task.losses(alone)
    assert terms["values"] == terms["speed"] == terms["aperture"] == 0
    assert terms["kept"] < 1e-4


def test_the_loss_of_two_halves_is_that_of_the_whole(actor_task):
    task = actor_task()
    shaken(task)
    batch = task.draw(0, np.random.default_rng(1))
    whole = task.losses(batch)
    halves = [task.losses(part_of(batch, part, 2, torch.device("cpu"))) for part in range(2)]
    for name, term in whole.items():
        assert term.item() == pytest.approx(sum(half[name].item() for half in halves) / 2, rel=1e-5)


def test_without_other_voices_all_stretches_are_hers(actor_task):
    task = actor_task(others=[])
    assert task.draw(0, np.random.default_rng(0))["own"].all()


def test_an_emotion_that_the_network_lacks_is_neutral():
    assert controls_of(Labels("joy", intensity=0.5))["happy"] == 0.5
    assert not any(controls_of(Labels("bored"))[name] for name in ("happy", "sad"))


def test_names_of_actors_become_names_of_styles():
    assert style_name("Mei", ["Natural"]) == "Mei"
    assert style_name("natural", ["Natural"]) == "natural (actor)"
    assert len(style_name("x" * 90, [])) == 63


def test_figures_need_takes(actor_task):
    assert figures(load_base(), [], controls_of) == {}
