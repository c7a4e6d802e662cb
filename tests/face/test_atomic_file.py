"""Files appear whole or not at all."""

import pytest
from emotalk.face.atomic_file import replacing


def test_a_good_end_puts_the_file_in_place(tmp_path):
    path = tmp_path / "curves.npz"
    path.write_text("old")
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
        assert part.parent == path.parent
    assert path.read_text() == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["curves.npz"]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_everything_as_it_was(tmp_path, interruption):
    path = tmp_path / "curves.npz"
    path.write_text("old")

    def write_half():
        with replacing(path) as part:
            part.write_text("half")
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["curves.npz"]


def test_others_may_read_the_file_as_usual(tmp_path):
    usual, path = tmp_path / "usual", tmp_path / "curves.npz"
    usual.touch()
    with replacing(path) as part:
        part.touch()
    assert path.stat().st_mode == usual.stat().st_mode


def test_errors_name_the_file_that_is_meant(tmp_path):
    path = tmp_path / "nowhere" / "curves.npz"
    with pytest.raises(FileNotFoundError) as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)


def test_the_longest_names_work(tmp_path):
    path = tmp_path / ("x" * 251 + ".npz")
    with replacing(path) as part:
        part.touch()
    assert path.exists()
