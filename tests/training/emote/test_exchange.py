"""That the exchange disentangles emotion and speech, on synthetic captures; judged by a classifier of its own."""

import numpy as np
import pytest
import torch
from emotalk.face.emotions import EMOTIONS
from emotalk.training.emote.disentanglement import NONE, compare_closures
from emotalk.training.emote.flint_task import FlintTask
from emotalk.training.emote.lip_geometry import LipGeometry
from emotalk.training.emote.recipe import EMOTE_RECIPE, FLINT_RECIPE, EmoteRecipe, FlintRecipe
from emotalk.training.emote.task import EmoteTask
from emotalk.training.recipe import read_recipe
from emotalk.training.run_folder import RunFolder
from emotalk.training.trainer import new_accelerator, train

TAKES, HELD_OUT = 36, 2
"""Of six seconds for each emotion; no setting was chosen by what is held out here."""


def learn(task, settings, folder):
    folder.mkdir()
    return train(task, settings, RunFolder(folder), "id", new_accelerator(settings, cpu=True))


def test_the_teachers_own_emotions_leave_the_closures_where_they_are(acting, flame):
    """So the aim below can be reached: the same words in other emotions, as they are captured."""
    lips = LipGeometry(flame, 50, np.zeros((0, 20, 3)))
    closures = NONE
    for words in (1, 2):
        takes = [acting.act(0, emotion, spoken=words) for emotion in ("neutral", "happy", "surprise", "anger")]
        mouths = [lips.mouth(torch.from_numpy(take.curves.values)) for take in takes]
        own, *others = (lips.gaps(mouth)[:, 1].numpy() for mouth in mouths)
        for gap in others:
            closures += compare_closures(own, gap, 25.0)
    assert closures.count > 20
    assert closures.moved <= 0.03


@pytest.mark.slow
def test_exchanging_the_emotion_changes_what_is_shown_and_leaves_the_lips_alone(acting, flame, tmp_path):
    trained = [acting.act(100 * e + k, name) for e, name in enumerate(EMOTIONS) for k in range(TAKES)]
    held_out = [acting.act(4000 + 100 * e + k, name) for e, name in enumerate(EMOTIONS) for k in range(HELD_OUT)]
    settings = read_recipe(FlintRecipe, FLINT_RECIPE, {"validate_every": 0})
    task = FlintTask(settings, flame, trained)
    task.export(learn(task, settings, tmp_path / "flint").network, tmp_path / "flint.safetensors", {})
    prior = {"prior": str(tmp_path / "flint.safetensors"), "validate_every": 0}
    settings = read_recipe(EmoteRecipe, EMOTE_RECIPE, prior)
    task = EmoteTask(settings, flame, trained, held_out)
    result = learn(task, settings, tmp_path / "emote")
    shown, closures = [], NONE
    judge = other_classifier(task)
    for take in task._held_out:
        own, others = performances(task, result.network, take)
        for emotion, motion in others.items():
            with torch.no_grad():
                shown.append(int(judge.logits(motion, torch.ones_like(motion[..., 0]))[0].argmax()) == emotion)
            closures += compare_closures(task._gap(own), task._gap(motion), 25.0)
    print(result.figures, f"judged {np.mean(shown):.3f}, {closures}, {closures.moved:.3f} of {closures.count}")
    assert len(shown) == 7 * len(held_out)
    assert closures.count > 400
    assert np.mean(shown) >= 0.9
    assert closures.moved <= 0.05


def performances(task, network, take):
    """The own performance, and one for each other emotion."""
    with torch.no_grad():
        audio = network.emote.hear(task._rows(network, take.features), learns=False)
        own = network.emote.perform(audio, torch.from_numpy(take.condition(1))[None])
        others = {e: network.emote.perform(audio, condition) for e, condition in task._other_conditions(take)}
    return own, others


def other_classifier(task, steps=400):
    """A classifier that took no part in the training, of captured curves, with another seed."""
    torch.manual_seed(99)
    judge = task._new_classifier()
    optimiser = torch.optim.Adam(judge.parameters(), 1e-3)
    for step in range(steps):
        batch = task.draw(0, np.random.default_rng((99, step)))
        loss = torch.nn.functional.cross_entropy(judge.logits(batch.motion, batch.valid)[0], batch.condition[:, :8])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return judge.eval()
