"""EMOTE's and FLINT's released format: what is taken, what is refused, and that nothing in a file is ever executed."""

import os
import pickle
import re
import sys
import zipfile

import numpy as np
import pytest
import torch
from emotalk.face.basis import FLAME
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints import library, lightning_checkpoint
from emotalk.inference.checkpoints.emote_converter import convert_emote, convert_flint
from emotalk.inference.checkpoints.importing import import_weights, licence_notice
from emotalk.inference.checkpoints.library import find_weights, verify_weights
from emotalk.inference.checkpoints.lightning_checkpoint import read_lightning
from emotalk.inference.checkpoints.pytorch_state import read_state
from emotalk.inference.checkpoints.safetensors_file import read_metadata
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models.loading import load_model, model_ids
from emotalk.inference.registry import DEFAULT_MODEL, EMOTE_SPEC, FLINT_SPEC, NETWORKS, recognise

DECODER = "sequence_decoder."
PRIOR = f"{DECODER}motion_prior.motion_decoder."
AUDIO = "audio_model.model."


@pytest.fixture(autouse=True)
def _own_folder(user_weights):
    """Every test begins without weights of one's own."""


@pytest.fixture(scope="module")
def released(emote_network):
    return dict(emote_network.state_dict())


@pytest.fixture
def state(released):
    return dict(released)


@pytest.fixture(scope="module")
def flint_state(plain_emote, emote_config):
    torch.manual_seed(0)
    network = plain_emote.PlainFlint(emote_config.prior).eval()
    plain_emote.randomise(network)
    return dict(network.state_dict())


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "EMOTE" / "checkpoints"
    folder.mkdir(parents=True)
    return folder / "last.ckpt"


def refused(path):
    with pytest.raises(EmoTalkError) as raised:
        import_weights(path)
    assert not list(library.user_weights_folder().glob("*"))
    return str(raised.value)


def speech(samples=20_000):
    return Speech((0.1 * np.random.default_rng(0).normal(size=samples)).astype(np.float32))


def test_a_file_of_lightning_becomes_a_model(state, path, save_lightning, plain_emote, emote_network):
    save_lightning(path, state)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    imported = import_weights(path, "EMOTE")
    assert imported.unknown == ()
    weights = imported.weights
    assert (weights.label, weights.spec.basis, weights.spec.styles) == ("EMOTE", FLAME(50), EMOTE_SPEC.styles)
    assert weights.licence == "unknown: the released weights are MPI, non-commercial"
    assert weights.notice == licence_notice(path)
    assert "non-commercial research, education and art only" in weights.notice
    assert verify_weights("EMOTE")
    assert "EMOTE" in model_ids()
    model = load_model("EMOTE", "cpu")
    sound = speech()
    values = model.decode(model.encode(sound), Controls({"happy": 1, "intensity": 1})).values
    condition = torch.zeros(1, 43)
    condition[0, [1, 9, 11]] = 1
    with plain_emote.plain_layers():
        exact = emote_network(sound.samples, condition).numpy()
    assert np.abs(values - exact).max() < 5e-5


def test_the_tensors_of_a_lightning_file_are_those_of_pytorchs_own_reader(state, path, save_lightning):
    plain = path.with_name("plain.ckpt")
    torch.save({"state_dict": state}, plain)
    read, expected = read_state(save_lightning(path, state)), read_state(plain)
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


def test_parameters_turned_tensors_and_half_precision_are_read(state, path, save_lightning):
    name = f"{DECODER}decoder.weight"
    turned = torch.nn.Parameter(state[name].t().contiguous().t().half())
    read = read_state(save_lightning(path, {**state, name: turned}))
    assert torch.equal(read[name], turned.detach())


def test_the_renderer_and_flames_arrays_stay_behind_and_the_template_is_noted(state, path, save_lightning):
    more = {"renderer.shape_model.v_template": torch.zeros(5023, 3), "renderer.uv_face_mask": torch.ones(1, 1, 8, 8)}
    imported = import_weights(save_lightning(path, {**state, **more}))
    assert imported.unknown == ()
    metadata = read_metadata(imported.weights.path)
    noted = metadata["flame_template_sha256"]
    assert re.fullmatch("[0-9a-f]{64}", noted)
    assert imported.weights.bytes < 2_000_000  # the template and the directions alone have more than 180 kB
    changed = {name: tensor + 1 if name.endswith("flame.v_template") else tensor for name, tensor in state.items()}
    assert convert_emote(changed, "last.ckpt", EMOTE_SPEC).notes["flame_template_sha256"] != noted
    without = {name: tensor for name, tensor in state.items() if "flame" not in name}
    assert not convert_emote(without, "last.ckpt", EMOTE_SPEC).notes


def test_what_is_not_known_is_named(state):
    assert convert_emote({**state, "somebody.elses": torch.zeros(2)}, "x", EMOTE_SPEC).unknown == ("somebody.elses",)


def test_every_used_tensor_is_in_the_table(state):
    """One row more, whole numbers, or none, in each tensor in turn: whichever it is, no conversion succeeds."""
    for name, tensor in state.items():
        if re.search(r"masked_spec_embed|num_batches_tracked|\.flame\.", name):
            continue
        for changed in (torch.cat([tensor, tensor[:1]]), tensor.to(torch.int64), tensor * float("nan")):
            with pytest.raises(EmoTalkError, match=r"last\.ckpt"):
                convert_emote({**state, name: changed}, "last.ckpt", EMOTE_SPEC)
        lacking = {other: kept for other, kept in state.items() if other != name}
        if not name.endswith("conv.bias"):
            with pytest.raises(EmoTalkError, match=r"last\.ckpt"):
                convert_emote(lacking, "last.ckpt", EMOTE_SPEC)


def test_every_tensor_of_flint_is_in_the_table(flint_state):
    for name, tensor in flint_state.items():
        if "num_batches_tracked" in name:
            continue
        for changed in (torch.cat([tensor, tensor[:1]]), tensor * float("inf")):
            with pytest.raises(EmoTalkError, match=r"flint\.ckpt"):
                convert_flint({**flint_state, name: changed}, "flint.ckpt", FLINT_SPEC)
        with pytest.raises(EmoTalkError, match=r"flint\.ckpt"):
            convert_flint({n: t for n, t in flint_state.items() if n != name}, "flint.ckpt", FLINT_SPEC)


def test_another_number_of_persons_gets_numbers(state):
    name = f"{DECODER}obj_vector.map.weight"
    conversion = convert_emote({**state, name: state[name][:, :14]}, "x", EMOTE_SPEC)
    assert conversion.spec.styles == ("Identity 01", "Identity 02", "Identity 03")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: {f"{DECODER}squasher.linear.weight": torch.zeros(2)}, "squashes frames before its transformer"),
        (lambda state: {f"{DECODER}obj_vector.map.weight": torch.zeros(32, 11)}, "takes 11 columns of condition"),
        (lambda state: {f"{PRIOR}cross_smooth_layer.weight": torch.zeros(104, 32, 5)}, "gives 101 expressions"),
        (lambda state: {f"{PRIOR}cross_smooth_layer.weight": torch.zeros(3, 32, 5)}, "it has 0 expressions"),
        (
            lambda state: {f"{AUDIO}feature_extractor.conv_layers.1.layer_norm.weight": torch.ones(32)},
            "is not of the kind of wav2vec2-base",
        ),
    ],
)
def test_another_network_is_refused_in_plain_words(state, path, save_lightning, change, says):
    assert says in refused(save_lightning(path, {**state, **change(state)}))


CFG = """
model:
  talking_head_type: x  # of the released file
  sequence_decoder:
    type: bert_prior
    num_layers: 1
    nhead: 8
    period: 30
    temporal_bias_type: faceformer_future
    positional_encoding: {type: none}
    losses:
    - name: vertex
      style_op: add
    style_op: "cat"
    squash_type: stack_linear
    squash_after: true
    squash_before: false
    post_bug_fix: true
    style_embedding:
      use_shape: false
      n_identities: 32
  audio:
    target_fps: 25
    model_expected_fps: 50
data:
  path: /somewhere
"""


def config_with(path, state, save_lightning, text):
    path.parents[1].joinpath("cfg.yaml").write_text(text, encoding="utf-8")
    import_weights(save_lightning(path, state), overwrite=True)
    return load_model("last", "cpu")._model.config


def test_the_cfg_beside_the_checkpoint_says_what_shapes_do_not(state, path, save_lightning):
    def config(text):
        return config_with(path, state, save_lightning, text)

    published = config(CFG)
    assert (published.skips_transformer, published.heads, published.period) == (False, 8, 30)
    assert config(CFG.replace("post_bug_fix: true", "post_bug_fix: false")).skips_transformer
    assert config(CFG.replace("    post_bug_fix: true\n", "")).skips_transformer
    assert config(CFG.replace("nhead: 8", "nhead: 4").replace("period: 30", "period: 25")).heads == 4
    assert not config("data:\n  path: x\n").skips_transformer  # somebody else's file


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("temporal_bias_type: faceformer_future", "temporal_bias_type: alibi", "temporal_bias_type = alibi"),
        ('style_op: "cat"', "style_op: add", "style_op = add, where EMOTE has cat"),
        ("target_fps: 25", "target_fps: 30", "target_fps = 30"),
        ("num_layers: 1", "num_layers: 3", "num_layers = 3"),
        ("squash_after: true", "squash_after: false", "squash_after = false"),
        ("nhead: 8", "nhead: many", "nhead = many, where a whole number belongs"),
        ("nhead: 8", "nhead: 7", "which 7 heads cannot share"),
    ],
)
def test_a_cfg_of_another_network_is_refused(state, path, save_lightning, old, new, says):
    path.parents[1].joinpath("cfg.yaml").write_text(CFG.replace(old, new), encoding="utf-8")
    assert says in refused(save_lightning(path, state))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00model", b"#" * 5_000_000])
def test_a_cfg_that_is_no_text_is_refused(state, path, save_lightning, content):
    path.with_name("cfg.yaml").write_bytes(content)
    assert "cfg.yaml" in refused(save_lightning(path, state))


def test_flints_own_checkpoint_is_kept_and_is_no_model(flint_state, path, save_lightning):
    imported = import_weights(save_lightning(path, flint_state), "FLINT")
    weights = imported.weights
    assert (imported.unknown, weights.network, weights.spec.basis) == ((), "flint", FLAME(50))
    assert not weights.hears
    assert not weights.damage
    assert "FLINT" not in model_ids()
    assert verify_weights("FLINT")
    with pytest.raises(EmoTalkError, match="FLINT is FLINT, which EMOTE is trained with and which hears no sound"):
        load_model("FLINT", "cpu")
    copied = import_weights(find_weights("FLINT").path, "again")
    assert copied.weights.network == "flint"


def test_a_checkpoint_is_known_by_its_parts():
    assert recognise([f"{PRIOR}expander.0.0.weight"]) == "emote"
    assert recognise(["motion_decoder.expander.0.0.weight"]) == "flint"
    assert recognise(["sequence_encoder.linear.weight"]) is None


def test_the_demos_sound_is_for_emote_alone(state, flint_state, path, save_lightning, small_checkpoint):
    import_weights(save_lightning(path, state), "demo", demo_audio=True)
    assert load_model("demo", "cpu").encode(speech()).frames == 32
    for other in (save_lightning(path, flint_state), small_checkpoint):
        with pytest.raises(EmoTalkError, match="--demo-audio is for EMOTE"):
            import_weights(other, "other", demo_audio=True)
    with pytest.raises(EmoTalkError, match="is imported already"):
        import_weights(find_weights("demo").path, "other", demo_audio=True)


class MakesFolder:
    """Unpickling this would create a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Evaluates:
    """Unpickling this would evaluate an expression."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return eval, (f"__import__('os').mkdir({str(self.path)!r})",)


class Changes:
    """Unpickling this would change a function of PyTorch."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return MakesFolder, (self.path,), {"path": "changed"}


@pytest.mark.parametrize("trap", [MakesFolder, Evaluates, Changes])
@pytest.mark.parametrize("where", ["callbacks", "hyper_parameters", "epoch"])
def test_what_hides_beside_the_weights_is_not_executed(state, path, save_lightning, tmp_path, trap, where):
    mark = tmp_path / "trap"
    save_lightning(path, state, **{where: {"a": [trap(mark)]}})
    assert import_weights(path).unknown == ()
    assert not mark.exists()
    if trap is not Changes:
        torch.save({"a": trap(mark)}, path)
        torch.load(path, weights_only=False)
        assert mark.exists(), "the trap itself must work, or the test proves nothing"


@pytest.mark.parametrize("trap", [MakesFolder, Evaluates])
def test_what_hides_among_the_weights_is_refused_and_not_executed(state, path, save_lightning, tmp_path, trap):
    mark = tmp_path / "trap"
    save_lightning(path, {**state, f"{DECODER}decoder.weight": trap(mark)})
    says = r"holds more than weights \(\w+\.(mkdir|eval)\) and was not opened"
    assert re.search(says, refused(path))
    assert not mark.exists()


def with_table(path, data):
    """A checkpoint whose table is replaced."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    writer = torch._C.PyTorchFileWriter(str(path))
    for name, content in kept.items():
        inner = name.partition("/")[2]
        if inner not in ("version", "byteorder", ".data/serialization_id"):
            content = data if inner == "data.pkl" else content
            writer.write_record(inner, content, len(content))
    writer.write_end_of_file()


TABLE = (
    b"\x80\x02}(X\x01\x00\x00\x00acio\nBytesIO\nX\x19\x00\x00\x00pytorch-lightning_versionK\x01"
    b"X\x0a\x00\x00\x00state_dict%su."
)
STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
TENSOR = b"}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(%s%stRs"


@pytest.mark.parametrize(
    "table",
    [
        b"\x82\x01",  # an extension of the registry
        b"(cposix\nsystem\nX\x01\x00\x00\x00aios\nsystem\n",  # the oldest way to call
        b"\x96\xff\xff\xff\xff\xff\xff\xff\x7f",  # a bytearray of 9 exabytes
        b"X\xff\xff\xff\x7f",  # a text of 2 GB
        b"r\xff\xff\xff\x7f",  # a place in memory far beyond the others
        TENSOR % (STORAGE, b"K\x00J\xff\xff\xff\x7f\x85K\x01\x85\x89}"),  # more numbers than there are
        TENSOR % (STORAGE, b"J\xff\xff\xff\x7fK\x01\x85K\x01\x85\x89}"),  # far beyond the end
        TENSOR % (STORAGE, b"K\x00J\xff\xff\xff\xff\x85K\x01\x85\x89}"),  # a negative size
        TENSOR % (b"K\x01", b"K\x00K\x01\x85K\x01\x85\x89}"),  # no storage
        TENSOR % (STORAGE.replace(b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x009"), b"K\x00K\x01\x85K\x01\x85\x89}"),
        TENSOR % (STORAGE.replace(b"FloatStorage", b"BytesStorage"), b"K\x00K\x01\x85K\x01\x85\x89}"),
        b"}K\x01\x85R",  # a call of a table
    ],
)
def test_a_hostile_table_is_refused(state, path, save_lightning, table):
    with_table(save_lightning(path, state), TABLE % table)
    assert "last.ckpt" in refused(path)


def test_building_a_stand_in_changes_nothing(state, path, save_lightning):
    before = dict(lightning_checkpoint._KNOWN)
    function = b"ctorch._utils\n_rebuild_tensor_v2\n}X\x05\x00\x00\x00_makeK\x01sb"
    with_table(save_lightning(path, state), TABLE % (b"}X\x01\x00\x00\x00w" + function + b"s"))
    assert "is no checkpoint" in refused(path)
    assert dict(lightning_checkpoint._KNOWN) == before
    assert read_state(save_lightning(path, state)).keys() == state.keys()


def test_numbers_of_another_byte_order_are_not_guessed(state, path, save_lightning, monkeypatch):
    monkeypatch.setattr("torch.serialization.sys.byteorder", "big")
    save_lightning(path, state)
    monkeypatch.undo()
    with zipfile.ZipFile(path) as archive:
        assert archive.read("last/byteorder") == b"big"
    with pytest.raises(pickle.UnpicklingError, match="another byte order"):
        read_lightning(path)


def test_what_is_no_file_of_lightning_is_not_read_like_one(state, path):
    torch.save({"state_dict": state, "hook": os.getcwd}, path)
    assert read_lightning(path) is None
    assert "holds more than weights (" in refused(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(state, path, save_lightning, share):
    save_lightning(path, state)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert "last.ckpt" in refused(path)


def test_without_torch_a_sentence_says_how_to_get_it_and_the_built_in_model_works(
    state, flint_state, path, save_lightning, monkeypatch
):
    import_weights(save_lightning(path, state), "EMOTE")
    import_weights(save_lightning(path, flint_state), "FLINT")
    monkeypatch.setitem(sys.modules, "torch", None)
    for ask in (lambda: load_model("EMOTE"), lambda: import_weights(path, "again")):
        with pytest.raises(EmoTalkError, match=r"PyTorch.*does not have; press Set Up"):
            ask()
    assert find_weights("EMOTE").spec.basis is FLAME(50)
    model = load_model(DEFAULT_MODEL)
    assert np.isfinite(model.decode(model.encode(speech()), Controls()).values).all()


def test_the_licence_is_the_max_planck_societys():
    for name in ("emote", "flint"):
        converter = NETWORKS[name].converter
        assert converter.licence == "MPI, non-commercial"
        assert NETWORKS[name].label in converter.notice
