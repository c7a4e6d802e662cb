"""Recipes: a typed base, changes over it, and a sentence for everything that does not fit."""

from dataclasses import dataclass

import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.training.recipe import Recipe, make_recipe, overridden, read_recipe
from hypothesis import given
from hypothesis import strategies as st

BASE = {"steps": 10, "batch_size": 2, "learning_rate": 0.1, "decay_from": 5, "decay_to": 10}


@dataclass(frozen=True, kw_only=True)
class Size:
    width: int = 4
    dilations: tuple[int, ...] = (1, 2)


@dataclass(frozen=True, kw_only=True)
class SizedRecipe(Recipe):
    size: Size
    thresholds: dict[str, list[float]]


TEXT = """
steps = 10
batch_size = 2
learning_rate = 1          # whole numbers will do
decay_from = 5
decay_to = 10
[losses]
position = 1.0
[size]
width = 8
[thresholds]
press = [0.4, 1]
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(TEXT)
    return file


def test_a_file_gives_typed_settings_over_defaults(path):
    recipe = read_recipe(SizedRecipe, path)
    assert recipe.learning_rate == 1.0
    assert isinstance(recipe.learning_rate, float)
    assert recipe.size == Size(width=8)
    assert recipe.thresholds == {"press": [0.4, 1.0]}
    assert recipe.ema_decay == Recipe(**BASE).ema_decay


def test_changes_replace_single_keys_of_tables(path):
    recipe = read_recipe(SizedRecipe, path, {"steps": 99, "size": {"dilations": [3]}, "losses": {"motion": 2}})
    assert recipe.steps == 99
    assert recipe.size == Size(width=8, dilations=(3,))
    assert recipe.losses == {"position": 1.0, "motion": 2.0}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"step": 3}, r"small\.toml: unknown settings: step$"),
        ({"size": {"widht": 3}}, r"small\.toml: size: unknown settings: widht$"),
        ({"steps": 1.5}, r"small\.toml: steps is 1\.5, which is no int"),
        ({"steps": True}, r"small\.toml: steps is True, which is no int"),
        ({"learning_rate": "fast"}, r"small\.toml: learning_rate is 'fast', which is no float"),
        ({"precision": "float8"}, r"small\.toml: precision is 'float8', not one of float32, bfloat16"),
        ({"losses": {"position": "high"}}, r"small\.toml: losses\.position is 'high'"),
        ({"steps": 0}, "steps must be 1 or more"),
        ({"decay_to": 5}, "decay_to must be later than decay_from"),
        ({"patience": 3}, "patience needs validate_every"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named(path, changes, sentence):
    with pytest.raises(EmoTalkError, match=sentence):
        read_recipe(SizedRecipe, path, changes)


def test_what_is_missing_is_named():
    with pytest.raises(EmoTalkError, match=r"here: missing settings: batch_size, decay_to$"):
        make_recipe(Recipe, {name: BASE[name] for name in ("steps", "learning_rate", "decay_from")}, "here")


def test_what_is_no_toml_is_named(tmp_path):
    (tmp_path / "broken.toml").write_text("steps = = 3")
    with pytest.raises(EmoTalkError, match=r"broken\.toml is no TOML"):
        read_recipe(Recipe, tmp_path / "broken.toml")


tables = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
).filter(lambda value: isinstance(value, dict))


@given(tables, tables)
def test_a_change_is_there_and_all_else_stays(settings, changes):
    merged = overridden(settings, changes)
    assert merged.keys() == settings.keys() | changes.keys()
    assert overridden(merged, changes) == merged
    assert overridden(settings, {}) == settings


def test_the_rate_does_not_depend_on_the_number_of_steps():
    short, long = (Recipe(**(BASE | {"steps": steps, "warmup_steps": 4})) for steps in (6, 60))
    assert [short.learning_rate_at(step) for step in range(12)] == [long.learning_rate_at(step) for step in range(12)]
    assert [round(10 * short.learning_rate_at(step), 6) for step in (0, 3, 5, 7, 9, 10, 11)] == [
        0.25,
        1,
        1,
        0.6,
        0.2,
        0,
        0,
    ]


def test_only_settings_that_may_change_leave_the_identity_as_it_is():
    recipe = Recipe(**BASE)
    for name in ("steps", "keep", "save_every", "log_every"):
        assert Recipe(**(BASE | {name: 7})).identity() == recipe.identity()
    for name, value in {"seed": 2, "batch_size": 4, "learning_rate": 0.2, "losses": {"a": 1.0}}.items():
        assert Recipe(**(BASE | {name: value})).identity() != recipe.identity()
