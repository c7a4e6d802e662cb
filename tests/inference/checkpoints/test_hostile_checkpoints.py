"""Checkpoints that are damaged, hostile or simply something else: each is refused with a sentence."""

import contextlib
import gzip
import io
import json
import pickle
import re
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints import library, pytorch_state
from emotalk.inference.checkpoints.emotalk_converter import check_checkpoint
from emotalk.inference.checkpoints.importing import import_weights, licence_notice
from emotalk.inference.checkpoints.library import find_weights, leftovers, verify_weights
from emotalk.inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models.loading import load_model
from emotalk.inference.registry import EMOTALK_CONVERTER, EMOTALK_SPEC, NETWORKS
from emotalk.inference.worker.failure import sentence_for

CONT = "audio_encoder_cont."
POSITION = f"{CONT}encoder.pos_conv_embed.conv"
DECODER = "transformer_decoder.layers.0"


@pytest.fixture(autouse=True)
def _own_folder(user_weights):
    """Every test begins without weights of one's own."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "EmoTalk.pth"


def refused(path):
    """The sentence with which an import is refused; both questions that are asked of a file must survive it."""
    with pytest.raises(EmoTalkError) as raised:
        import_weights(path)
    assert "Something went wrong" not in sentence_for(raised.value)
    assert "not enough memory for this line" not in sentence_for(raised.value)
    with contextlib.suppress(EmoTalkError):
        licence_notice(path)
    assert not list(library.user_weights_folder().glob("*"))
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (f"{POSITION}.weight_g", ()),
        (f"{POSITION}.weight_g", (1, 1, 9)),
        (f"{POSITION}.weight_g", (1, 1, 1)),
        (f"{POSITION}.weight_v", (128, 32)),
        (f"{POSITION}.weight_v", (128, 0, 8)),
        (f"{POSITION}.weight_v", (128, 31, 8)),
        (f"{CONT}feature_extractor.conv_layers.0.conv.weight", ()),
        (f"{CONT}feature_extractor.conv_layers.3.conv.weight", (16, 16, 3, 1)),
        (f"{CONT}feature_projection.projection.weight", (0, 16)),
        (f"{CONT}encoder.layers.0.attention.q_proj.weight", (128, 127)),
        (f"{CONT}encoder.layers.0.feed_forward.intermediate_dense.weight", ()),
        ("audio_feature_map_cont.weight", (24,)),
        ("audio_feature_map_emo.bias", (1,)),
        ("obj_vector_level.weight", ()),
        ("obj_vector_person.weight", (4, 0)),
        ("bs_map_r.weight", ()),
        (f"{DECODER}.self_attn.in_proj_bias", (48,)),
        (f"{DECODER}.multihead_attn.in_proj_weight", (144, 1)),
        (f"{DECODER}.norm2.weight", (1,)),
        (f"{DECODER}.linear2.weight", (20, 48)),
    ],
)
def test_a_tensor_of_another_shape_is_named_before_arithmetic(released_state, path, name, shape):
    torch.save({**released_state, name: torch.ones(shape)}, path)
    says = refused(path)
    assert name in says or "not wav2vec 2.0 as it was published" in says


def test_every_used_tensor_is_in_the_table(released_state):
    """One row more, whole numbers, or none, in each tensor in turn: whichever it is, no conversion succeeds."""
    for name, tensor in released_state.items():
        if "masked_spec_embed" in name or "classifier" in name:
            continue
        for changed in (torch.cat([tensor, tensor[:1]]), tensor.to(torch.int64), tensor * float("nan")):
            with pytest.raises(EmoTalkError, match=r"EmoTalk\.pth"):
                check_checkpoint({**released_state, name: changed}, "EmoTalk.pth", EMOTALK_SPEC)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda tensor: tensor.to_sparse(), "is a sparse tensor"),
        (lambda tensor: tensor.to_sparse_csr(), "is a sparse tensor"),
        (lambda tensor: torch.zeros(1).expand(tensor.shape), "has fewer numbers than its shape says"),
        (lambda tensor: torch.zeros(1).expand(200_000, 200_000), "has the shape|sizes from 1 to"),
        (lambda tensor: tensor.to(torch.complex64), "holds complex64"),
        (lambda tensor: tensor.to(torch.int8), "holds int8"),
        (lambda tensor: tensor.to(torch.float8_e5m2), "holds float8_e5m2"),
        (lambda tensor: tensor > 0, "holds bool"),
        (lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8), "holds qint8"),
        (lambda tensor: tensor.to("meta"), "is no ordinary tensor|damaged"),
        (lambda tensor: tensor.double() * 1e300, "not numbers"),
        (lambda tensor: tensor * float("inf"), "not numbers"),
    ],
)
@pytest.mark.parametrize("name", [f"{CONT}encoder.layers.0.attention.q_proj.weight", "audio_feature_map_emo.weight"])
def test_a_tensor_of_another_kind_is_named_before_arithmetic(released_state, path, change, says, name):
    torch.save({**released_state, name: change(released_state[name])}, path)
    assert re.search(says, refused(path))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_point_numbers_parameters_and_turned_tensors_are_taken(released_state, path, dtype):
    changed = {name: torch.nn.Parameter(tensor.to(dtype)) for name, tensor in released_state.items()}
    name = "audio_feature_map_emo.weight"
    changed[name] = torch.nn.Parameter(changed[name].t().contiguous().t())
    torch.save(changed, path)
    import_weights(path)
    arrays, _ = read_safetensors(find_weights("EmoTalk").path)
    np.testing.assert_array_equal(arrays["memory_map.weight"], released_state[name].to(dtype).float().numpy())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
        lambda state: {f"module.model.{name}": tensor for name, tensor in state.items()},
        lambda state: {f"_orig_mod.module.model.module.{name}": tensor for name, tensor in state.items()},
        lambda state: {"state_dict": {f"model.{n}": t for n, t in state.items()}, "epoch": 3, "loops": {"fit": {}}},
        lambda state: {"model": {"state_dict": state}, "optimizer": {"lr": 0.1}},
        lambda state: {"epoch": 9, "model_state_dict": state},
        lambda state: {"network": {f"network.{name}": tensor for name, tensor in state.items()}},
    ],
)
def test_containers_and_prefixes_of_training_code_are_taken_off(released_state, path, wrap):
    torch.save(wrap(released_state), path)
    assert import_weights(path).unknown == ()


def test_one_weight_under_two_prefixes_is_refused(released_state, path):
    torch.save({**released_state, "module.bs_map_r.bias": torch.ones(52)}, path)
    assert "holds bs_map_r.bias twice" in refused(path)


def test_a_container_in_itself_ends(path):
    knot = {}
    knot["model"] = knot
    torch.save(knot, path)
    assert "not a table of named weights" in refused(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><title>Google Drive - Virus scan warning", "is a web page"),
        (b"\n <html>", "is a web page"),
        (gzip.compress(b"weights", mtime=0), "is a gzip archive"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
        (b"Rar!\x1a\x07", "is a rar archive"),
        (b"\x89HDF\r\n", "is an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1", "is only a pointer of Git LFS"),
        (bytes(5000), "begins with nothing but zeros"),
        (bytes(257) + b"ustar" + bytes(250), "is a tar archive"),
        (b"PK\x03\x04 cut", "is damaged"),
        (b"\x80\x02}q\x00.", "is damaged|is no checkpoint"),
        (b"hello", "is no checkpoint of PyTorch"),
        (pickle.dumps({"a": 1}), "is damaged|is no checkpoint"),
    ],
)
def test_a_file_says_by_its_first_bytes_what_it_is(path, content, says):
    path.write_bytes(content)
    assert re.search(f"EmoTalk.pth ({says})", refused(path))


def test_a_folder_and_a_missing_file(path):
    assert "There is no file" in refused(path)
    path.mkdir()
    assert "is a folder; choose the checkpoint inside" in refused(path)


def test_a_suffix_does_not_count(small_checkpoint, path):
    source = import_weights(small_checkpoint, "Ann").weights.path
    other = path.with_name("weights.pth")
    other.write_bytes(source.read_bytes())
    assert import_weights(other, "Ben").weights.network == "emotalk"
    other = path.with_name("weights.safetensors")
    other.write_bytes(small_checkpoint.read_bytes())
    with pytest.raises(EmoTalkError, match=r"is a checkpoint of PyTorch; rename it to weights\.pth"):
        import_weights(other, "Cy")


def rewritten(path, records=None, compress=zipfile.ZIP_STORED):
    """A checkpoint's archive with other records."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, content in {**kept, **(records or {})}.items():
            archive.writestr(name, content)


def test_a_small_archive_that_unpacks_to_much_is_not_unpacked(released_state, path):
    torch.save(released_state, path)
    rewritten(path, {"EmoTalk/data/0": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 5_000_000
    assert "is a compressed archive, which PyTorch never writes" in refused(path)


def test_other_archives_are_not_read(released_state, path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("EmoTalk.pth", b"weights")
    assert "is a zip archive without a checkpoint" in refused(path)
    torch.save(released_state, path)
    rewritten(path, {"EmoTalk/constants.pkl": b""})
    assert "is a compiled network (TorchScript)" in refused(path)


@pytest.mark.parametrize("last", [True, False])
def test_a_record_that_is_shorter_than_its_tensor_is_not_read_beyond_its_end(released_state, path, last):
    torch.save(released_state, path)
    with zipfile.ZipFile(path) as archive:
        records = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    numbers = sorted((name for name in records if name.startswith("data/")), key=lambda name: int(name[5:]))
    records[numbers[-1] if last else numbers[0]] = b"\0" * 4
    ordered = sorted(records, key=lambda name: name == numbers[-1])
    writer = torch._C.PyTorchFileWriter(str(path))  # zipfile would not place the records as PyTorch does
    for name in ordered:
        writer.write_record(name, records[name], len(records[name]))
    writer.write_end_of_file()
    assert "EmoTalk.pth is damaged" in refused(path)


def test_an_archive_that_another_program_packed_says_so(released_state, path):
    torch.save(released_state, path)
    rewritten(path)
    assert "another program has packed the archive anew" in refused(path)


def test_memory_that_a_pickle_asks_for_is_not_given(path):
    class Hoard:
        def __reduce__(self):
            return bytearray, (1 << 50,)

    torch.save({"a": Hoard()}, path)
    assert "is damaged or no checkpoint" in refused(path)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: you tried")])
def test_too_little_memory_for_an_import_says_how_much_it_takes(small_checkpoint, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("emotalk.inference.models.emotalk.EmoTalk.encode", fail)
    assert "memory to import EmoTalk.pth, which takes about 0.0 GB" in refused(small_checkpoint)


def test_a_file_of_before_pytorch_1_6_is_read(released_state, path):
    torch.save(released_state, path, _use_new_zipfile_serialization=False)
    assert import_weights(path).unknown == ()


def test_what_holds_more_than_weights_says_what_and_how_to_save_them(path, released_state):
    torch.save({"state_dict": released_state, "options": io.StringIO}, path)
    says = refused(path)
    assert "holds more than weights (" in says
    assert "torch.save(network.state_dict()" in says


@pytest.mark.parametrize("version", ["2.5.1+cpu", "1.13.0", "unknown"])
def test_an_old_pytorch_reads_no_checkpoint(small_checkpoint, monkeypatch, version):
    monkeypatch.setattr(pytorch_state.torch, "__version__", version)
    monkeypatch.setattr(pytorch_state.torch, "load", lambda *_, **__: pytest.fail("it was read"))
    says = refused(small_checkpoint)
    assert f"PyTorch {version} can be tricked" in says
    assert "Update to PyTorch 2.6" in says


def with_persons(state, count):
    return {**state, "obj_vector_person.weight": torch.randn(4, count)}


@pytest.mark.parametrize("persons", [1, 3, 40])
def test_another_number_of_persons_performs(released_state, path, persons):
    torch.save(with_persons(released_state, persons), path)
    styles = import_weights(path).weights.spec.styles
    assert styles == tuple(f"Actor {number:02}" for number in range(1, persons + 1))
    model = load_model("EmoTalk", "cpu")
    features = model.encode(Speech(np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)))
    curves = [model.decode(features, Controls({"personal_style": style})).values for style in (styles[0], styles[-1])]
    assert persons == 1 or np.abs(curves[0] - curves[-1]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [
        ("obj_vector_level", (4, 3), "has 3 emotion levels; the slider Emotion Level goes between the two"),
        ("bs_map_r", (53, 48), "gives 53 channels; EmoTalk gives the 52 of ARKit"),
        ("obj_vector_person", (4, 201), "knows 201 persons; a list in the panel has at most 200"),
    ],
)
def test_another_network_is_refused_in_plain_words(released_state, path, name, shape, says):
    torch.save({**released_state, f"{name}.weight": torch.ones(shape), f"{name}.bias": torch.ones(shape[0])}, path)
    assert says in refused(path)


def changed_config(path, **changes):
    arrays, metadata = read_safetensors(path)
    config = json.loads(metadata["config"])
    for name, value in changes.items():
        part = config["encoder"] if name in config["encoder"] else config
        part[name] = value
    write_safetensors(path, arrays, {**metadata, "config": json.dumps(config)})


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": 0},
        {"num_hidden_layers": 2},
        {"num_hidden_layers": 10**9},
        {"num_attention_heads": 0},
        {"num_attention_heads": 3},
        {"num_attention_heads": -2},
        {"num_attention_heads": "2"},
        {"num_attention_heads": True},
        {"hidden_size": 64},
        {"hidden_size": 1.5},
        {"conv_stride": [5, 2, 2, 2, 2, 2, 0]},
        {"conv_stride": [5, 2, 2, 2, 2, 2]},
        {"conv_stride": [50, 2, 2, 2, 2, 2, 2]},
        {"conv_stride": 2},
        {"conv_stride": []},
        {"conv_kernel": [0] * 7},
        {"conv_kernel": [[1]] * 7},
        {"num_conv_pos_embedding_groups": 0},
        {"num_conv_pos_embeddings": None},
        {"feature_extractor_norm": "none"},
        {"encoder_norm": 1},
        {"decoder_heads": 0},
        {"decoder_heads": 5},
        {"period": 0},
        {"levels": 3},
        {"styles": 23},
        {"channels": 51},
        {"condition": 0},
        {"periodic_encoding": "no"},
        {"unknown": 1},
    ],
)
def test_a_header_that_describes_no_such_network_is_refused(small_checkpoint, changes, tmp_path):
    path = import_weights(small_checkpoint).weights.path
    changed_config(path, **changes)
    with pytest.raises(EmoTalkError, match=r"EmoTalk\.safetensors") as loaded:
        load_model("EmoTalk", "cpu")
    assert "import the checkpoint again" in str(loaded.value)
    copy = tmp_path / "EmoTalk.safetensors"
    path.replace(copy)
    path.with_suffix(".sha256").unlink()
    refused(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("decoder.norms.2.bias"),
        lambda arrays: arrays.update({"blendshapes.bias": np.zeros(51, np.float32)}),
        lambda arrays: arrays.update({"blendshapes.bias": np.zeros(52, np.int32)}),
        lambda arrays: arrays.update({"blendshapes.bias": np.full(52, np.nan, np.float32)}),
        lambda arrays: arrays.update({"somebody.elses": np.zeros(1, np.float32)}),
        lambda arrays: arrays.update({"decoder.widen.bias": np.zeros(20, np.float32)}),
    ],
)
def test_safetensors_are_held_to_the_same_table(small_checkpoint, change, tmp_path):
    path = import_weights(small_checkpoint).weights.path
    arrays, metadata = read_safetensors(path)
    change(arrays)
    write_safetensors(path, arrays, metadata)
    path.with_suffix(".sha256").unlink()
    with pytest.raises(EmoTalkError, match=r"EmoTalk\.safetensors"):
        verify_weights("EmoTalk")
    path.replace(tmp_path / "EmoTalk.safetensors")
    refused(tmp_path / "EmoTalk.safetensors")


def test_the_published_file_keeps_its_licence(small_checkpoint, monkeypatch):
    sha256 = library.file_sha256(small_checkpoint)
    known = replace(EMOTALK_CONVERTER, published_sha256=frozenset((sha256,)))
    monkeypatch.setitem(NETWORKS, "emotalk", replace(NETWORKS["emotalk"], converter=known))
    with pytest.raises(EmoTalkError, match=r"This is the published file, which is licensed CC BY-NC 4\.0"):
        import_weights(small_checkpoint, licence="mine")
    weights = import_weights(small_checkpoint).weights
    assert (weights.licence, weights.notice) == ("CC BY-NC 4.0", known.notice)
    with pytest.raises(EmoTalkError, match="This is the published file"):
        import_weights(weights.path, "Ann", licence="mine")


IMPORT_SLOWLY = """
import sys, time
import numpy as np
from pathlib import Path
from emotalk.inference.checkpoints import safetensors_file
def write(path):
    ascontiguous = np.ascontiguousarray
    def wait(array, *rest):
        print("writing", flush=True)
        time.sleep(60)
        return ascontiguous(array, *rest)
    safetensors_file.np.ascontiguousarray = wait
    safetensors_file.write_safetensors(path, {"a": np.zeros(9)}, {})
write(Path(sys.argv[1]))
"""


def test_only_what_a_dead_writer_left_is_removed(small_checkpoint, monkeypatch):
    folder = library.user_weights_folder()
    folder.mkdir(parents=True)
    monkeypatch.setattr("emotalk.inference.checkpoints.unfinished_files.SETTLED_SECONDS", 0.0)
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT_SLOWLY, str(folder / "EmoTalk.safetensors")], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"writing\n"
    assert len(list(folder.glob(".*.part"))) == 1
    assert leftovers() == ()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.05)
    assert [leftover.path.suffix for leftover in leftovers()] == [".part"]
    import_weights(small_checkpoint)
    assert sorted(path.name for path in folder.iterdir()) == ["EmoTalk.safetensors", "EmoTalk.sha256"]
