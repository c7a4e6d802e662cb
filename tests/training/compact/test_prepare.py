import numpy as np
import pytest
from emotalk.face.phones import PhoneSegment
from emotalk.training.compact.corpus import write_corpus
from emotalk.training.compact.prepare import espeak_voices, main
from emotalk.training.compact.recipe import is_held_out, read_recipe
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.compact.task import read_corpora
from emotalk.training.voices import flite, pico
from emotalk.training.voices.espeak import ACCENTS, TIMBRES


def line(name, speaker):
    phones = (PhoneSegment("SIL", 0, 0.3), PhoneSegment("M", 0.3, 0.5))
    return SpokenLine(name, speaker, np.random.default_rng(0).integers(-9999, 9999, 8000).astype(np.int16), phones)


@pytest.fixture
def cache(tmp_path):
    sources = {
        "flite-kal16": [line("a", "flite-kal16")],
        "flite-slt": [line("b", "flite-slt")],
        "espeak": [line("c", "espeak-en-us+f3"), line("d", "espeak-en-us+f2")],
        "asterisk": [line(f"prompt-{i}", "asterisk-en") for i in range(20)],
        "speechocean": [line(str(i), f"ocean-{i}") for i in range(20)],
    }
    for name, lines in sources.items():
        write_corpus(tmp_path / f"{name}.npz", lines)
    return tmp_path


def test_held_out_speakers_and_prompts_are_not_trained_on(cache):
    recipe = read_recipe()
    trained = read_corpora(cache, recipe)
    assert {line.speaker for line in trained["flite"]} == {"flite-slt"}
    assert {line.speaker for line in trained["espeak"]} == {"espeak-en-us+f2"}
    prompts = {line.name for line in trained["asterisk"]}
    assert prompts == {f"prompt-{i}" for i in range(20) if not is_held_out(f"prompt-{i}", recipe.held_out_prompts)}
    speakers = {line.speaker for line in trained["speechocean"]}
    assert speakers == {f"ocean-{i}" for i in range(20) if not is_held_out(f"ocean-{i}", recipe.held_out_speakers)}
    assert 0 < len(prompts) < 20
    assert 0 < len(speakers) < 20


def test_what_is_held_out_is_all_the_rest(cache):
    recipe = read_recipe()
    names = [
        {(line.speaker, line.name) for lines in read_corpora(cache, recipe, held_out).values() for line in lines}
        for held_out in (False, True)
    ]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 44
    assert ("flite-kal16", "a") in names[1]


def test_every_timbre_but_the_held_out_ones_speaks_with_as_many_accents_as_asked():
    recipe = read_recipe()
    voices = [voice.partition("+") for voice in espeak_voices(recipe)]
    assert len(set(voices)) == len(voices)
    held_out = {name.partition("+")[2] for name in recipe.held_out_voices} - {""}
    assert {timbre for _, _, timbre in voices} == set(TIMBRES) - held_out
    assert {accent for accent, _, _ in voices} == set(ACCENTS)
    for timbre in set(TIMBRES) - held_out:
        assert len([accent for accent, _, other in voices if other == timbre]) == recipe.espeak_accents


def test_pico_is_left_out_where_it_is_missing_and_was_never_prepared(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pico, "is_installed", lambda: False)
    for name in ("espeak", "festival", *(f"flite-{voice}" for voice in flite.VOICES)):
        (tmp_path / f"{name}.npz").touch()
    main(["--cache", str(tmp_path)])
    assert capsys.readouterr().out == "pico: left out, because ttspico is not installed (pip install ttspico)\n"
    (tmp_path / "pico.npz").touch()
    main(["--cache", str(tmp_path)])
    assert not capsys.readouterr().out
