import numpy as np
import pytest
import torch
from emotalk.face import arkit
from emotalk.face.phones import PhoneSegment
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
from emotalk.inference.models.laughtalk_compact import OUTPUTS, LaughTalkCompact, encoders_hash, network_input
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training.laughter.corpus import prepare
from emotalk.training.laughter.export import inference_arrays
from emotalk.training.laughter.laughing_lines import LaughingLine
from emotalk.training.laughter.laughs import Laugh
from emotalk.training.laughter.recipe import RECIPE, LaughTalkCompactRecipe
from emotalk.training.laughter.task import LaughTalkCompactTask
from emotalk.training.recipe import read_recipe

CHANNELS = len(arkit.CHANNELS)


@pytest.fixture(scope="module")
def recipe():
    return read_recipe(LaughTalkCompactRecipe, RECIPE, {"batch_size": 3, "frames": 90})


@pytest.fixture(scope="module")
def base():
    return EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)


@pytest.fixture(scope="module")
def prepared(base):
    """One line with a laugh, one without, and one without phones; noise serves as sound."""
    rng = np.random.default_rng(0)
    lines = []
    for seconds, laughs in ((4.0, True), (2.0, False)):
        samples = rng.normal(0, 0.05, int(seconds * SAMPLE_RATE)).astype(np.float32)
        phones = (PhoneSegment("SIL", 0.0, 0.5), PhoneSegment("M", 0.5, 0.7), PhoneSegment("AA", 0.7, seconds))
        laugh = Laugh("x", samples, ((1.0, 2.0),), ((1.1, 1.0), (1.4, 0.8), (1.7, 0.6)))
        lines.append(LaughingLine(samples, phones, (laugh,) if laughs else ()))
    lines.append(LaughingLine(lines[1].samples, ()))
    return [prepare(line, base) for line in lines]


@pytest.fixture
def task(recipe, prepared):
    arrays, _ = read_safetensors(bundled_weights(MODEL_ID))
    return LaughTalkCompactTask(recipe, prepared, prepared[:2], encoders_hash(arrays))


def test_a_residual_is_what_the_talk_lacks_and_only_where_somebody_laughs(prepared, base):
    laughing, plain, recorded = prepared
    assert laughing.residual[40:55, arkit.INDEX["mouthSmileLeft"]].min() > 0.4
    assert not laughing.residual[laughing.touched == 0].any()
    assert not plain.residual.any()
    assert not recorded.residual.any()
    assert (plain.has_phones, recorded.has_phones) == (1, 0)


def test_the_exported_network_is_the_trained_one(task, tmp_path, base):
    torch.manual_seed(0)
    for parameter in task.network.parameters():
        torch.nn.init.normal_(parameter, 0, 0.1)
    network = task.network.eval()
    speech = Speech(np.random.default_rng(1).normal(0, 0.05, 3 * SAMPLE_RATE).astype(np.float32))
    config = {"dilations": list(network.config.dilations), "contacts": task._recipe.contacts}
    model = LaughTalkCompact(base, inference_arrays(network), config, COMPACT_SPEC)
    heard = network_input(base.encode(speech).arrays)
    with torch.no_grad():
        trained = network(torch.tensor(heard)[None])[0].numpy()
    assert model._network(heard) == pytest.approx(trained, abs=1e-4)
    task.export(network, tmp_path / "x.safetensors", {"seed": "1"})
    loaded = LaughTalkCompact.load(tmp_path / "x.safetensors", COMPACT_SPEC)
    assert loaded._network(heard) == pytest.approx(trained, abs=0.05)


@pytest.fixture
def batch(task, prepared):
    """All three lines, whole."""
    return task._stretches(prepared, max(len(line.heard) for line in prepared), np.random.default_rng(0))


def test_stretches_beyond_a_line_count_for_nothing(task, batch):
    found = torch.zeros(*batch.heard.shape[:2], OUTPUTS)
    terms = task._terms(found, batch)
    wild = torch.where(batch.inside[:, :, None] > 0, found, torch.full_like(found, 3.0))
    again = task._terms(wild, batch)
    assert (batch.inside == 0).any()
    for name in ("touched", "laughing", "contacts", "residual"):
        assert float(again[name]) == pytest.approx(float(terms[name]))


def test_a_perfect_network_costs_nothing_but_certainty(task, batch):
    assert batch.residual.abs().max() > 0.4
    logits = torch.stack([(batch.touched > 0.05).float(), batch.laughing], dim=2) * 40 - 20
    perfect = torch.cat([torch.atanh(batch.residual.clamp(-0.999, 0.999)), logits, batch.contacts * 40 - 20], dim=2)
    terms = task._terms(perfect, batch)
    assert float(terms["residual"]) < 1e-6
    assert float(terms["speed"]) < 1e-6
    assert float(terms["touched"]) < 1e-6


def test_contacts_of_a_recording_without_phones_are_not_learnt(task, prepared):
    task._lines = prepared[2:]
    batch = task.draw(0, np.random.default_rng(0))
    assert float(task._terms(torch.ones(*batch.heard.shape[:2], OUTPUTS), batch)["contacts"]) == 0


def test_training_lowers_what_is_wrong(task, recipe, batch):
    optimiser = torch.optim.Adam(task.network.train().parameters(), 1e-3)
    course = []
    for _ in range(40):
        terms = task.losses(batch)
        course.append({name: float(term.detach()) for name, term in terms.items()})
        optimiser.zero_grad()
        sum(recipe.losses[name] * term for name, term in terms.items()).backward()
        optimiser.step()
    better = {name for name in course[0] if course[-1][name] < course[0][name]}
    assert better >= {"residual", "touched", "laughing", "contacts"}
    with torch.no_grad():
        assert set(task.validate(task.network.eval())) == {"score", "wrong"}
