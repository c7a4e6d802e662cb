"""Installed weights: found, refused, verified, removed, and used."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.atomic_file import publish
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints import library
from emotalk.inference.checkpoints.importing import import_weights, licence_notice
from emotalk.inference.checkpoints.library import (
    find_weights,
    installed_weights,
    place_for,
    remove_weights,
    user_weights_folder,
    verify_weights,
)
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.models.loading import ModelChoice, load_model, model_ids
from emotalk.inference.registry import DEFAULT_MODEL
from emotalk.inference.worker.failure import sentence_for
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def imported(user_weights, small_checkpoint):
    """Weights named EmoTalk in the user's folder."""
    return import_weights(small_checkpoint).weights


def own_weights():
    return [weights for weights in installed_weights() if not weights.is_bundled]


def flip_last_bit(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_without_a_folder_there_are_the_bundled_ones(user_weights):
    assert own_weights() == []
    assert not user_weights.exists()
    assert [(weights.model_id, weights.label) for weights in installed_weights()] == [
        (DEFAULT_MODEL, "EmoTalk Compact"),
        ("laughtalk-compact", "LaughTalk Compact"),
    ]
    for weights in installed_weights():
        assert weights.is_bundled
        assert not weights.needs_torch
        assert weights.bytes == weights.path.stat().st_size <= 12e6


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.local/share/emotalk/weights"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/emotalk/weights"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, "{home}/Library/Application Support/emotalk/weights"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/emotalk/weights"),
        ("linux", {"EMOTALK_WEIGHTS": "~/shared"}, "{home}/shared"),
    ],
)
def test_the_folder_is_the_platform_s_or_the_studio_s(monkeypatch, tmp_path, platform, variables, expected):
    for name in ("EMOTALK_WEIGHTS", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert user_weights_folder() == Path(expected.format(home=tmp_path))


def test_an_imported_checkpoint_is_listed_and_performs(imported):
    assert (imported.model_id, imported.label, imported.network) == ("EmoTalk", "EmoTalk", "emotalk")
    assert imported.licence == "unknown: the released weights are CC BY-NC 4.0"
    assert "not for commercial use" in imported.notice
    assert imported.needs_torch
    assert not imported.damage
    assert model_ids() == (DEFAULT_MODEL, "laughtalk-compact", "EmoTalk")
    speech = Speech(np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32))
    performance = Engine().perform(speech, Controls(), ModelChoice("EmoTalk"))
    assert performance.face.frames == 30
    assert np.ptp(performance.face.values) > 0.1


def test_what_the_network_does_not_need_is_reported(user_weights, small_checkpoint):
    assert import_weights(small_checkpoint).unknown == ("somebody.elses",)


def test_weights_of_the_built_in_kind_need_no_torch(user_weights):
    shutil.copy(bundled_weights(DEFAULT_MODEL), place_for("my actor"))
    (own,) = own_weights()
    assert (own.label, own.needs_torch) == ("my actor (EmoTalk Compact)", False)
    assert load_model("my actor", "cuda", "int8").runs_on == "CPU, float32"


def test_two_weights_of_one_network_are_two_models(user_weights, small_checkpoint):
    import_weights(small_checkpoint)
    import_weights(small_checkpoint, "Second take")
    speech = Speech(np.zeros(8000, np.float32))
    assert {load_model(name).encode(speech).model for name in ("EmoTalk", "Second take")} == {"EmoTalk", "Second take"}


def test_imported_weights_are_copied_to_another_machine(imported, monkeypatch, tmp_path):
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "render farm"))
    copy = import_weights(imported.path).weights
    assert copy.path.parent == tmp_path / "render farm"
    assert copy.path.read_bytes() == imported.path.read_bytes()
    assert verify_weights("EmoTalk")
    assert licence_notice(imported.path) == imported.notice


def test_other_safetensors_are_not_imported(user_weights, tmp_path):
    write_safetensors(tmp_path / "other.safetensors", {"a": np.zeros(3)}, {"model": "other"})
    with pytest.raises(EmoTalkError, match=r"other.safetensors holds no weights of EmoTalk"):
        import_weights(tmp_path / "other.safetensors")
    assert own_weights() == []


def test_verifying_reads_every_byte(imported):
    assert verify_weights("EmoTalk")
    assert not verify_weights(DEFAULT_MODEL)  # nothing was noted, but the file is whole
    flip_last_bit(imported.path)
    with pytest.raises(EmoTalkError, match=r"are not what was imported \(SHA-256 differs\)"):
        verify_weights("EmoTalk")


def test_the_noted_hash_is_what_sha256sum_reads(imported):
    done = subprocess.run(["sha256sum", "-c", imported.hash_path.name], cwd=imported.path.parent, capture_output=True)
    assert done.returncode == 0


def test_numbers_that_are_none_are_found(imported):
    arrays, metadata = read_safetensors(imported.path)
    arrays["blendshapes.bias"][3] = np.nan
    write_safetensors(imported.path, arrays, metadata)
    imported.hash_path.unlink()
    with pytest.raises(EmoTalkError, match=r"hold values in 'blendshapes\.bias' that are not numbers"):
        verify_weights("EmoTalk")


def test_nothing_is_overwritten_unasked(imported, small_checkpoint):
    with pytest.raises(EmoTalkError, match="There are weights named EmoTalk already"):
        import_weights(small_checkpoint, "emotalk")
    flip_last_bit(imported.path)
    again = import_weights(small_checkpoint, "emotalk", overwrite=True).weights
    assert again.path == imported.path
    assert verify_weights("EmoTalk")


def test_weights_that_appear_during_an_import_are_not_overwritten(user_weights, tmp_path, monkeypatch):
    def place_and_lose_it(name, overwrite=False):
        path = place_for(name, overwrite)
        path.write_bytes(b"copied here by hand")
        return path

    finished = tmp_path / "finished.safetensors"
    shutil.copy(bundled_weights(DEFAULT_MODEL), finished)
    monkeypatch.setattr(library, "place_for", place_and_lose_it)
    with pytest.raises(EmoTalkError, match=r"actor\.safetensors exists already"):
        library.install(finished, "actor")
    assert (user_weights / "actor.safetensors").read_bytes() == b"copied here by hand"


def test_a_failed_import_leaves_what_was_there(imported, tmp_path):
    before = imported.path.read_bytes()
    (tmp_path / "EmoTalk.pth").write_bytes(b"nothing")
    with pytest.raises(EmoTalkError):
        import_weights(tmp_path / "EmoTalk.pth", overwrite=True)
    assert imported.path.read_bytes() == before
    assert verify_weights("EmoTalk")


def test_new_weights_are_not_called_changed_after_an_interruption(imported, tmp_path, monkeypatch):
    arrays, metadata = read_safetensors(imported.path)
    write_safetensors(tmp_path / "EmoTalk.safetensors", arrays, {**metadata, "take": "2"})

    def publish_and_stop(finished, path, **options):
        publish(finished, path, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "publish", publish_and_stop)
    with pytest.raises(KeyboardInterrupt):
        import_weights(tmp_path / "EmoTalk.safetensors", overwrite=True)
    assert read_safetensors(imported.path)[1]["take"] == "2"
    assert not verify_weights("EmoTalk")  # whole, but without a hash


def test_removing(imported):
    remove_weights("EmoTalk")
    assert [path.name for path in imported.path.parent.iterdir()] == []
    with pytest.raises(EmoTalkError, match="There is no model named 'EmoTalk'"):
        remove_weights("EmoTalk")
    with pytest.raises(EmoTalkError, match="came with EmoTalk and stays"):
        remove_weights(DEFAULT_MODEL)


def test_damaged_files_are_listed_and_nothing_is_raised(imported):
    folder = imported.path.parent
    (folder / "cut.safetensors").write_bytes(imported.path.read_bytes()[:-10])
    (folder / "empty.safetensors").touch()
    (folder / "folder.safetensors").mkdir()
    (folder / "notes.txt").write_text("not weights")
    write_safetensors(folder / "future.safetensors", {"a": np.zeros(2)}, {"model": "emotalk-9"})
    shutil.copy(imported.path, folder / f"{DEFAULT_MODEL.upper()}.safetensors")
    damage = {weights.model_id: weights.damage for weights in own_weights()}
    assert list(damage) == ["EmoTalk", "cut", "empty", "future"]
    assert "is cut off" in damage["cut"]
    assert "is empty" in damage["empty"]
    assert "for a network that this version of EmoTalk lacks" in damage["future"]
    assert model_ids() == (DEFAULT_MODEL, "laughtalk-compact", "EmoTalk")
    for use in (load_model, verify_weights):
        with pytest.raises(EmoTalkError, match="is cut off"):
            use("cut")
    remove_weights("cut")
    assert "cut" not in {weights.model_id for weights in own_weights()}


@given(name=st.text(max_size=80) | st.from_regex(r"(\.\.|/|\\|[a-z. ])*", fullmatch=True))
def test_a_name_never_leads_out_of_the_folder(name):
    try:
        path = place_for(name)
    except EmoTalkError:
        return
    assert path.parent == user_weights_folder()
    assert path.name == f"{name}.safetensors"
    assert path.resolve().parent == path.parent.resolve()


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "a\\b", ".hidden", "con", "LPT1.old", "dot.", "é", "x" * 65, "a\0"]
)
def test_names_that_suit_no_file(name):
    with pytest.raises(EmoTalkError, match="Weights cannot be named"):
        place_for(name)


def test_a_built_in_name_is_taken(user_weights):
    with pytest.raises(EmoTalkError, match="is the name of a built-in model"):
        place_for(DEFAULT_MODEL.upper(), overwrite=True)


def test_ids_are_looked_up_and_not_made_into_paths(imported):
    for model_id in (f"../{imported.path.parent.name}/EmoTalk", "./EmoTalk", str(imported.path.with_suffix(""))):
        with pytest.raises(EmoTalkError, match="There is no model named"):
            find_weights(model_id)


def test_a_folder_that_cannot_be_made(user_weights, small_checkpoint):
    user_weights.touch()
    with pytest.raises(OSError, match="own weights"):
        import_weights(small_checkpoint)


def test_a_full_disk_is_a_sentence():
    with pytest.raises(OSError, match="No space left") as raised:
        Path("/dev/full").write_bytes(b"1")
    assert sentence_for(raised.value) == "The disk is full; make room and try again"


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_weights_with_numbers_that_are_none_are_not_installed(user_weights, small_checkpoint, tmp_path, value):
    torch = pytest.importorskip("torch")
    state = torch.load(small_checkpoint, weights_only=True)
    state["obj_vector_person.weight"][0, 20] = value
    torch.save(state, tmp_path / "damaged.pth")
    arrays, metadata = read_safetensors(bundled_weights(DEFAULT_MODEL))
    next(iter(arrays.values())).flat[-1] = value
    write_safetensors(tmp_path / "damaged.safetensors", arrays, metadata)
    for name in ("damaged.pth", "damaged.safetensors"):
        with pytest.raises(EmoTalkError, match=rf"The weights (in )?{name} .*numbers"):
            import_weights(tmp_path / name)
    assert own_weights() == []
    assert not list(user_weights.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
def test_imports_of_one_name_at_once(user_weights, tmp_path, overwrite):
    """Every import has other bytes. Only one succeeds, unless all may; and what is there is whole and verified."""
    arrays, metadata = read_safetensors(bundled_weights(DEFAULT_MODEL))
    script = textwrap.dedent("""
        import sys, time
        from emotalk.inference.checkpoints.importing import import_weights
        print("ready", flush=True)
        sys.stdin.readline()
        import_weights(sys.argv[1], "actor", overwrite=sys.argv[2] == "True")
    """)
    others = []
    for number in range(6):
        source = tmp_path / f"{number}.safetensors"
        write_safetensors(source, arrays, {**metadata, "number": str(number)})
        words = [sys.executable, "-c", script, source, str(overwrite)]
        others.append(
            subprocess.Popen(words, text=True, **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE))
        )
    for other in others:
        other.stdout.readline()
    for other in others:
        other.stdin.write("\n")
        other.stdin.flush()
    complaints = [other.communicate()[1] for other in others]
    refused = [complaint for complaint in complaints if complaint]
    assert len(refused) == (0 if overwrite else 5)
    assert all("There are weights named actor already" in complaint for complaint in refused)
    assert verify_weights("actor")
    assert sorted(path.name for path in user_weights.iterdir()) == ["actor.safetensors", "actor.sha256"]
