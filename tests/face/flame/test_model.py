import hashlib
import pickle
import zipfile

import numpy as np
import pytest
from emotalk.face.errors import EmoTalkError
from emotalk.face.flame import files
from emotalk.face.flame.files import import_model, read_model
from emotalk.face.flame.model import FlameError, load_model, model_from, save_model
from emotalk.face.flame.variants import (
    EARLY,
    FLAME_2020,
    FLAME_2023,
    FLAME_2023_NO_JAW,
    FLAME_2023_OPEN,
    UNKNOWN,
    recognise,
)

FIELDS = ("template", "triangles", "identities", "expressions", "correctives", "regressor", "weights")


def assert_same_model(model, other, tolerance=0.0):
    for name in FIELDS:
        np.testing.assert_allclose(getattr(model, name), getattr(other, name), atol=tolerance, rtol=1e-6)
    assert model.variant is other.variant
    assert model.sha256 == other.sha256


@pytest.mark.parametrize("directions", [400, 150])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_file_of_full_size(synthetic, tmp_path, directions, protocol):
    arrays = synthetic.arrays(directions)
    path = tmp_path / "flame2023.pkl"
    path.write_bytes(synthetic.pickled(arrays, protocol))
    model, converted = import_model(path, tmp_path / "kept")
    identities = {400: 300, 150: 100}[directions]
    assert model.identities.shape == (5023, 3, identities)
    assert model.expressions.shape == (5023, 3, directions - identities)
    np.testing.assert_allclose(model.expressions, arrays["shapedirs"][..., identities:], atol=1e-8)
    np.testing.assert_allclose(model.template, arrays["v_template"], atol=1e-7)
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert converted.parent == tmp_path / "kept"
    assert_same_model(load_model(converted), model)


@pytest.mark.parametrize("protocol", [0, 2])
def test_the_files_of_python_2(synthetic, protocol):
    arrays = synthetic.arrays(150)
    model = read_model(synthetic.pickled_by_python_2(arrays, protocol), "generic_model.pkl", "00")
    assert model.variant is EARLY
    np.testing.assert_array_equal(model.correctives, arrays["posedirs"])
    np.testing.assert_array_equal(model.regressor, arrays["J_regressor"])


def test_a_file_is_converted_once(synthetic, tmp_path, monkeypatch):
    path = tmp_path / "model.pkl"
    path.write_bytes(synthetic.pickled(synthetic.arrays(150), 4))
    model, converted = import_model(path, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(files, "read_arrays", lambda data: pytest.fail("the pickle was read again"))
        again, same = import_model(path, tmp_path)
    assert same == converted
    assert_same_model(again, model)
    converted.write_bytes(b"damaged")
    assert_same_model(import_model(path, tmp_path)[0], model)
    assert_same_model(load_model(converted), model)


def test_the_same_arrays_as_npz(synthetic, tmp_path):
    arrays = {**synthetic.arrays(150), "kintree_table": np.array([[-1, 0, 1, 1, 1], range(5)])}
    np.savez(tmp_path / "FLAME2020.npz", **arrays)
    model, _ = import_model(tmp_path / "FLAME2020.npz", tmp_path)
    assert model.variant is FLAME_2020
    np.testing.assert_allclose(model.weights, arrays["weights"], atol=1e-7)


def test_npz_files_with_objects_or_too_much(tmp_path, synthetic):
    np.savez(tmp_path / "objects.npz", f=np.array([{}], object))
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("f", "w") as file:
        for _ in range(401):
            file.write(bytes(1 << 20))
    for name, words in (("objects", "more than arrays"), ("bomb", "unpacks to more")):
        with pytest.raises(FlameError, match=words):
            import_model(tmp_path / f"{name}.npz", tmp_path)


def test_files_that_are_too_large_or_not_there(tmp_path):
    with (tmp_path / "large.pkl").open("wb") as file:
        file.truncate(files.LARGEST_FILE + 1)
    with pytest.raises(FlameError, match="more than 200 MB"):
        import_model(tmp_path / "large.pkl", tmp_path)
    with pytest.raises(FlameError, match="no file"):
        import_model(tmp_path / "none.pkl", tmp_path)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("weights", lambda a: a * 2, "do not sum to 1"),
        ("weights", lambda a: a[:-1], "5022 x 5, where FLAME has 5023 x 5"),
        ("f", lambda a: a + 1, "vertices that it does not have"),
        ("v_template", lambda a: np.where(a > 0.1, np.nan, a), "no numbers"),
        ("shapedirs", lambda a: a[..., :-1], "where FLAME has 5023 x 3 x 400"),
        ("kintree_table", lambda a: a[:, ::-1], "hang together"),
        ("posedirs", lambda a: "text", "no array posedirs"),
    ],
)
def test_arrays_that_are_not_flames(synthetic, tmp_path, name, change, words):
    arrays = synthetic.arrays(150)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({**arrays, name: change(arrays[name])}))
    with pytest.raises(EmoTalkError, match=words):
        import_model(tmp_path / "model.pkl", tmp_path)
    assert not list(tmp_path.glob("*.npz"))


def test_every_missing_array_is_named(synthetic):
    arrays = synthetic.arrays(150)
    for name in set(arrays) - {"bs_style", "bs_type"}:
        with pytest.raises(FlameError, match=name):
            model_from({key: value for key, value in arrays.items() if key != name}, UNKNOWN, "")


def test_releases_are_recognised():
    def told(sha256="0" * 64, keys=(), name="model.pkl", chumpy=False):
        return recognise(sha256, keys, name, chumpy)

    assert told(sha256="efcd14cc" + "0" * 52 + "725b", name="flame2023.pkl") is FLAME_2020
    assert told(sha256="e75a0990" + "0" * 52 + "7623") is FLAME_2023_OPEN
    assert told(keys=("supr_expression_metadata",)) is FLAME_2023_OPEN
    assert told(chumpy=True, name="generic_model.pkl") is EARLY
    assert told(name="flame2023.pkl") is FLAME_2023
    assert told(name="flame2023_no_jaw.pkl") is FLAME_2023_NO_JAW
    assert told() is UNKNOWN
    assert told(name="flame2023_Open.pkl") is FLAME_2023, "a name alone does not make terms milder"
    assert not FLAME_2023_NO_JAW.has_jaw
    assert "CC BY 4.0" in FLAME_2023_OPEN.terms
    assert all("research" in variant.terms for variant in (EARLY, FLAME_2020, FLAME_2023, FLAME_2023_NO_JAW, UNKNOWN))


def test_what_is_written_keeps_the_variant(flame_model, tmp_path):
    save_model(flame_model, tmp_path / "m.npz")
    assert_same_model(load_model(tmp_path / "m.npz"), flame_model, 1e-6)
    (tmp_path / "m.npz").write_bytes((tmp_path / "m.npz").read_bytes()[:-1000])
    with pytest.raises(FlameError, match="damaged"):
        load_model(tmp_path / "m.npz")
