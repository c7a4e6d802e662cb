"""Reading the released format: what is accepted, what is refused, and that nothing is ever executed."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.checkpoints.emotalk_converter import check_checkpoint
from emotalk.inference.checkpoints.importing import convert_checkpoint, licence_notice
from emotalk.inference.checkpoints.library import file_sha256
from emotalk.inference.checkpoints.pytorch_state import read_state
from emotalk.inference.checkpoints.safetensors_file import read_metadata, read_safetensors
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.emotalk import EmoTalk, EmoTalkConfig
from emotalk.inference.models.wav2vec2 import XLSR_53
from emotalk.inference.registry import EMOTALK_SPEC, NETWORKS, read_spec


def read_checkpoint(path):
    return check_checkpoint(read_state(path), path.name, EMOTALK_SPEC)


HIDDEN, LAYERS, WIDE, CONVOLUTION = 128, 1, 64, 16


@pytest.fixture
def state(released_state):
    return released_state


@pytest.fixture
def saved(tmp_path):
    def save(content, name="EmoTalk.pth"):
        torch.save(content, tmp_path / name)
        return tmp_path / name

    return save


def test_dimensions_are_read_off_the_shapes(state, saved):
    checkpoint = read_checkpoint(saved(state))
    assert checkpoint.config == EmoTalkConfig(
        encoder=replace(
            XLSR_53,
            hidden_size=HIDDEN,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            intermediate_size=WIDE,
            conv_dim=CONVOLUTION,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=4,
        ),
        content=24,
        emotion=16,
        condition=4,
        decoder_feed_forward=20,
    )
    assert checkpoint.unknown == ()


def test_both_spellings_of_weight_norm_give_the_same_network(state, saved):
    older = read_checkpoint(saved(state)).weights
    newer_names = {
        name.replace("weight_g", "parametrizations.weight.original0").replace(
            "weight_v", "parametrizations.weight.original1"
        ): value
        for name, value in state.items()
    }
    newer = read_checkpoint(saved(newer_names)).weights
    assert older.keys() == newer.keys()
    assert all(torch.equal(older[name], newer[name]) for name in older)


def test_any_classifier_and_wrapping_is_accepted_and_unknown_names_are_reported(state, saved):
    state["audio_encoder_emo.classifier.out_proj.weight"] = torch.zeros(3, HIDDEN)
    state["PPE.pe"] = torch.zeros(1)
    state["something.else"] = torch.zeros(1)
    wrapped = {"state_dict": {f"module.{name}": value for name, value in state.items()}}
    assert read_checkpoint(saved(wrapped)).unknown == ("something.else",)


def test_a_missing_weight_is_named(state, saved):
    del state["audio_encoder_cont.encoder.layers.0.attention.k_proj.bias"]
    with pytest.raises(EmoTalkError, match=r"lacks audio_encoder_cont.*k_proj\.bias"):
        read_checkpoint(saved(state))


class WritesFile:
    """Unpickling this would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_hostile_checkpoint_is_not_executed(state, saved, tmp_path):
    trap = tmp_path / "trap"
    path = saved({**state, "bs_map_r.weight": WritesFile(trap)})
    with pytest.raises(EmoTalkError, match="more than weights"):
        read_checkpoint(path)
    assert not trap.exists()
    torch.load(path, weights_only=False)
    assert trap.exists(), "the trap itself must work, or the test proves nothing"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(state, saved, share):
    path = saved(state)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(EmoTalkError, match=r"EmoTalk\.pth"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [{}, {"a": 1}, [1, 2], torch.zeros(3)])
def test_other_content_is_refused(saved, content):
    with pytest.raises(EmoTalkError, match="checkpoint"):
        read_checkpoint(saved(content))


def test_weights_that_do_not_fit_or_are_no_numbers_are_refused(state, saved):
    bias = state["bs_map_r.bias"]
    with pytest.raises(EmoTalkError, match=r"hold values in bs_map_r\.bias that are not numbers"):
        read_checkpoint(saved({**state, "bs_map_r.bias": bias * float("nan")}))
    with pytest.raises(EmoTalkError, match="do not fit together"):
        read_checkpoint(saved({**state, "bs_map_r.bias": torch.zeros(51)}))
    projection = "audio_encoder_emo.wav2vec2.feature_projection.projection.weight"
    with pytest.raises(
        EmoTalkError, match=r"do not fit together: audio_encoder_emo.*projection.weight has the shape 128 × 15"
    ):
        read_checkpoint(saved({**state, projection: state[projection][:, 1:]}))


def test_encoders_of_another_kind_are_refused(state, saved):
    published = "not wav2vec 2.0 as it was published"
    kernel = "audio_encoder_cont.feature_extractor.conv_layers.1.conv.weight"
    with pytest.raises(EmoTalkError, match=published):
        read_checkpoint(saved({**state, kernel: torch.zeros(CONVOLUTION, CONVOLUTION, 5)}))
    without_layers = {name: value for name, value in state.items() if ".encoder.layers." not in name}
    with pytest.raises(EmoTalkError, match=published):
        read_checkpoint(saved(without_layers))
    group_norm = {name: value for name, value in state.items() if "conv_layers.1.layer_norm" not in name}
    with pytest.raises(EmoTalkError, match="not of the XLSR-53 kind"):
        read_checkpoint(saved(group_norm))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(EmoTalkError, match="There is no file"):
        read_checkpoint(tmp_path / "none.pth")


def test_what_is_kept_says_where_it_came_from_and_under_which_licence(state, saved, tmp_path):
    path = saved(state)
    target = tmp_path / "emotalk.safetensors"
    assert convert_checkpoint(path, target) == ()
    arrays, metadata = read_safetensors(target)
    assert metadata["notice"] == licence_notice(path)
    assert "not for commercial use" in metadata["notice"]
    assert metadata["source_sha256"] == file_sha256(path)
    assert all(array.dtype == np.float32 for array in arrays.values())
    assert EmoTalk.load(target, EMOTALK_SPEC).config == read_checkpoint(path).config


def test_the_header_names_what_the_network_gives_and_takes(state, saved, tmp_path):
    state["obj_vector_person.weight"] = torch.zeros(4, 3)
    convert_checkpoint(saved(state), tmp_path / "studio.safetensors")
    spec = read_spec(NETWORKS["emotalk"], read_metadata(tmp_path / "studio.safetensors"))
    assert spec.styles == ("Actor 01", "Actor 02", "Actor 03")
    assert (spec.basis, spec.fps, spec.emotions) == (ARKIT, 30, EMOTIONS)


def test_a_checkpoint_of_another_network_is_no_checkpoint_here(saved, tmp_path):
    path = saved({"encoder.weight": torch.zeros(2)}, "resnet.pth")
    for read in (licence_notice, lambda path: convert_checkpoint(path, tmp_path / "resnet.safetensors")):
        with pytest.raises(EmoTalkError, match="no checkpoint of a network that is known here: EmoTalk"):
            read(path)
    assert not (tmp_path / "resnet.safetensors").exists()
