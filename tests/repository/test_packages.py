"""What pip installs, when it is not in editable mode: every room, and every file beside its modules."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
ROOMS = ("blender_emotalk", "command_line", "demo", "dialogue", "face", "inference", "operators", "panels", "training")
DATA = {".toml", ".json", ".safetensors", ".gz"}


def test_every_room_is_installed():
    rooms = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")} | {ROOT / "weights"}
    names = {"emotalk", *(f"emotalk.{'.'.join(room.relative_to(ROOT).parts)}" for room in rooms)}
    assert set(SETUP["packages"]) == names


@pytest.mark.parametrize("room", [*ROOMS, "weights"])
def test_every_file_beside_the_modules_is_installed(room):
    patterns = SETUP["package-data"].get(f"emotalk.{room}", [])
    files = [path.relative_to(ROOT / room) for path in (ROOT / room).rglob("*") if path.suffix in DATA]
    left_out = [
        file.as_posix()
        for file in files
        if not any(len(Path(each).parts) == len(file.parts) and fnmatch(file.as_posix(), each) for each in patterns)
    ]
    assert left_out == []
