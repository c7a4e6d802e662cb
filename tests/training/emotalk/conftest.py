"""A small EmoTalk, and a few seconds of takes that share contents and differ in emotion."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from emotalk.inference.contract import Speech
from emotalk.training.captures.take import Labels, Take
from emotalk.training.emotalk.recipe import RECIPE, EmoTalkRecipe
from emotalk.training.recipe import read_recipe

STUDIO = runpy.run_path(str(Path(__file__).parents[1] / "captures" / "studio.py"))
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48, "conv_dim": 16,
    "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4, "content": 24, "emotion": 16, "condition": 4,
    "decoder_feed_forward": 20,
}  # fmt: skip


def take(content, emotion="neutral", slower=1.0, seconds=4.0, stated=True):
    """A content, spoken so much slower in another emotion; the face is slower, too."""
    acted = STUDIO["act"](content, seconds)
    samples, values = acted.speech.samples, acted.curves.values
    moments = np.arange(int(len(samples) * slower)) / slower
    # Loudness and vowels are stretched, not the pitch.
    level = np.interp(moments, np.arange(len(samples)), np.abs(samples))
    heard = np.random.default_rng(content).choice((0.1, 0.2, 0.4, 0.7, 1.1, 1.6, 2.2), (len(samples) // 3200 + 1, 2))
    formants = heard[(moments / 3200).astype(int)]
    voice = np.sin(np.cumsum(formants, axis=0)).sum(axis=1)
    rows = np.arange(int(len(values) * slower)) / slower
    slow = np.stack([np.interp(rows, np.arange(len(values)), column) for column in values.T], axis=1)
    curves = acted.curves.with_values(slow)
    name = f"{content} {emotion}"
    labels = Labels(emotion, content=str(content) if stated else "")
    return Take(name, Speech((level * voice).astype(np.float32), name), curves, labels)


def recipe(**changes):
    settings = {"steps": 12, "decay_from": 10, "decay_to": 20, "batch_size": 4, "warmup_steps": 1, "frames": 30}
    settings |= {"learning_rate": 3e-3, "ema_decay": 0.5, "precision": "float32", "patience": 0, "network": SMALL}
    return read_recipe(EmoTalkRecipe, RECIPE, {**settings, **changes})


@pytest.fixture(name="take_of", scope="session")
def take_fixture():
    return take


@pytest.fixture(name="recipe_of", scope="session")
def recipe_fixture():
    return recipe


@pytest.fixture(scope="session")
def four():
    """Two contents in two emotions each."""
    return [take(c, e, slower) for c in (1, 2) for e, slower in (("happy", 1.0), ("sad", 1.3))]


@pytest.fixture(scope="session")
def unstated(four):
    return [replace(each, labels=replace(each.labels, content="")) for each in four]
