"""Every script that draws a figure of the docs draws one, here at a small size into a temporary folder."""

import importlib.util
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.basis import FLAME
from emotalk.face.emotions import EMOTIONS
from emotalk.face.flame.files import read_file
from emotalk.face.flame.skinning import joints_of
from emotalk.training.captures.project import read_project, read_take
from PIL import Image

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "figures"
SCRIPTS = (
    "acting_curves.py",
    "contact_sheets.py",
    "contacts_over_phones.py",
    "curves_over_phones.py",
    "emote_heads.py",
    "ict_sheets.py",
    "portrait.py",
    "three_heads.py",
)
TEXT = "I never asked for any of this."
SECONDS = 1.99
"""Up to the pause after these words of the sample line."""

CONTACTS = 3
"""v, f and v, each drawn with the vowel after it."""


def needs(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


@pytest.fixture(scope="session")
def short_line(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "line.wav"
    with wave.open(str(ROOT / "samples" / "line.wav")) as source, wave.open(str(path), "wb") as target:
        target.setparams(source.getparams())
        target.writeframes(source.readframes(int(SECONDS * source.getframerate())))
    return path


@pytest.fixture
def draw(tmp_path):
    """A function that runs a script in a folder of its own."""

    def run(script, *words):
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "blender"), "MPLBACKEND": "agg"}
        command = [sys.executable, str(FIGURES / script), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def read(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def assert_shows_something(pixels):
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 16
    assert pixels.std() > 8


def test_the_readme_has_a_row_for_every_script():
    text = (FIGURES / "README.md").read_text("utf-8")
    assert [path.name for path in FIGURES.glob("*.py") if f"`{path.name}`" not in text] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_names_pictures_that_the_docs_show(name):
    """The first line of each says which files it draws."""
    words = (FIGURES / name).read_text("utf-8").splitlines()[0].replace(",", " ").replace(":", " ").split()
    pictures = [word for word in words if word.endswith(".png")]
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md") if page.parent != FIGURES)
    assert pictures
    assert [picture for picture in pictures if f"images/{picture})" not in pages] == []


@needs("bpy")
def test_the_portrait(draw, tmp_path):
    picture = tmp_path / "portrait.png"
    draw("portrait.py", picture, "--size", 48, "--samples", 2)
    pixels = read(picture)
    assert pixels.shape == (48, 48, 3)
    assert_shows_something(pixels)


@needs("bpy")
def test_the_contact_sheets_have_a_tile_for_everything_the_head_can_do(draw, tmp_path):
    size = 24
    draw("contact_sheets.py", tmp_path, "--size", size)
    for name, columns, tiles in (
        ("head_neutral", 3, 3),
        ("head_keys", 12, 2 * 52),
        ("head_visemes", 10, 2 * 15),
        ("head_emotions", 8, 2 * 8),
    ):
        pixels = read(tmp_path / f"{name}.png")
        rows = -(-tiles // columns)
        assert pixels.shape == (rows * size, columns * size, 3)
        for tile in range(tiles):
            top, left = tile // columns * size, tile % columns * size
            assert_shows_something(pixels[top : top + size, left : left + size])


@needs("bpy")
def test_three_heads(draw, ict, synthetic, tmp_path):
    ict.write(tmp_path / "FaceXModel")
    arrays = synthetic.arrays(150)
    skin = arrays["f"][(arrays["f"] < 3931).all(axis=1)]
    np.savez(tmp_path / "skin.npz", vertices=arrays["v_template"][:3931], triangles=skin)
    picture = tmp_path / "three.png"
    draw("three_heads.py", tmp_path, tmp_path / "skin.npz", picture, "--size", 40)
    pixels = read(picture)
    assert pixels.shape == (4 * 40, 3 * 40, 3)
    for row in range(4):
        for column in range(3):
            assert_shows_something(pixels[40 * row : 40 * row + 40, 40 * column : 40 * column + 40])


@needs("bpy", "torch")
def test_emote_on_two_heads(draw, synthetic, write_emote, user_weights, tmp_path):
    write_emote()
    np.savez(tmp_path / "flame.npz", **synthetic.arrays(150))
    picture = tmp_path / "heads.png"
    words = ("--size", 40, "--moments", 0.7, 2.4, 4.1)
    draw("emote_heads.py", tmp_path / "flame.npz", user_weights / "EMOTE.safetensors", picture, *words)
    pixels = read(picture)
    assert pixels.shape == (2 * 40, 3 * 40, 3)
    for row in range(2):
        columns = [pixels[40 * row : 40 * row + 40, 40 * column : 40 * column + 40] for column in range(3)]
        for tile in columns:
            assert_shows_something(tile)
        assert any((tile != columns[0]).any() for tile in columns[1:])


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite")
def test_the_captures_of_that_picture_can_be_trained_on(draw, synthetic, tmp_path):
    arrays = synthetic.arrays(150)
    skin = arrays["f"][(arrays["f"] < 3931).all(axis=1)]
    np.savez(tmp_path / "skin.npz", vertices=arrays["v_template"][:3931], triangles=skin)
    draw("emote_captures.py", tmp_path / "skin.npz", tmp_path / "captures", "--takes", 0)
    model = read_file(tmp_path / "captures" / "flame.npz")
    assert model.expressions.shape[2] == 50
    assert np.abs(joints_of(model, model.template)[3:, 0]).min() > 0.02
    project = read_project(tmp_path / "captures" / "project.toml")
    takes = [read_take(project, entry) for entry in project.entries]
    assert [take.labels.emotion for take in takes] == list(EMOTIONS)
    assert all(take.curves.basis is FLAME(50) and take.curves.values.std() > 0.01 for take in takes)


@needs("bpy")
def test_the_sheets_of_ict(draw, ict, tmp_path):
    ict.write(tmp_path / "FaceXModel")
    size = 24
    draw("ict_sheets.py", tmp_path, tmp_path, "--size", size)
    for name, columns, tiles in (("ict_visemes", 10, 2 * 15), ("ict_emotions", 8, 2 * 8)):
        pixels = read(tmp_path / f"{name}.png")
        assert pixels.shape == (-(-tiles // columns) * size, columns * size, 3)
        for tile in range(tiles):
            top, left = tile // columns * size, tile % columns * size
            assert_shows_something(pixels[top : top + size, left : left + size])
    assert_shows_something(read(tmp_path / "ict_line.png"))


@needs("bpy", "pocketsphinx")
def test_the_contacts_of_a_recording(draw, short_line, tmp_path):
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    draw("contacts_over_phones.py", short_line, TEXT, small, "--size", 96)
    draw("contacts_over_phones.py", short_line, TEXT, large, "--size", 144)
    first, second = read(small), read(large)
    assert_shows_something(first)
    columns, rows = 5, -(-2 * CONTACTS // 5)
    assert second.shape[1] - first.shape[1] == columns * 20  # a mouth is 40 pixels wide, then 60
    assert second.shape[0] - first.shape[0] == rows * 17  # and 34 high, then 51


@needs("matplotlib")
def test_the_curves_of_the_acting(draw, short_line, tmp_path):
    picture = tmp_path / "acting.png"
    draw("acting_curves.py", picture, "--sound", short_line, "--dpi", 20)
    pixels = read(picture)
    assert pixels.shape[1] == pytest.approx(15 * 20, rel=0.2)
    assert_shows_something(pixels)


@needs("matplotlib", "pocketsphinx")
def test_the_curves_of_a_recording(draw, short_line, tmp_path):
    picture = tmp_path / "curves.png"
    draw("curves_over_phones.py", picture, "--recording", short_line, TEXT, "--dpi", 20)
    pixels = read(picture)
    assert pixels.shape[1] == pytest.approx(15 * 20, rel=0.2)
    assert pixels.shape[0] == pytest.approx(9 * 20, rel=0.2)
    assert_shows_something(pixels)


@needs("matplotlib", "pocketsphinx")
def test_a_recording_that_says_something_else_is_refused_with_a_sentence(short_line, tmp_path):
    script = FIGURES / "curves_over_phones.py"
    words = ["--recording", short_line, "Xylophones zzyzx qwrtp"]
    command = [sys.executable, script, tmp_path / "x.png", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "line.wav does not say this"
    assert not (tmp_path / "x.png").exists()
