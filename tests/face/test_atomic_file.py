"""Files appear whole or not at all."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from emotalk.face.atomic_file import PlaceError, TakenError, check_place, publish, replacing


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


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "real.npz", tmp_path / "link.npz"
    link.symlink_to(Path("elsewhere") / "real.npz")
    for text in ("into nothing", "over the old"):
        with replacing(link) as part:
            assert part.parent == real.parent
            part.write_text(text)
        assert link.is_symlink()
        assert real.read_text() == text
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_a_replaced_file_hands_on_its_mode(tmp_path, mode):
    path = tmp_path / "curves.npz"
    path.write_text("old")
    path.chmod(mode)
    with replacing(path) as part:
        assert stat.S_IMODE(part.stat().st_mode) & ~mode & 0o077 == 0  # nobody else may read the unfinished file
        part.write_text("new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_the_mask_is_never_set(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", None)
    with replacing(tmp_path / "curves.npz") as part:
        part.touch()


@pytest.mark.parametrize("overwrite", [True, False])
def test_only_files_are_replaced(tmp_path, overwrite):
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "loop.npz").symlink_to("loop.npz")
    for name, words in (("pipe", "a pipe or a device"), ("folder", "a folder"), ("loop", "leads nowhere")):
        path = tmp_path / f"{name}.npz"
        before = path.lstat()
        with pytest.raises(PlaceError, match=words), replacing(path, overwrite=overwrite):
            pass
        assert path.lstat() == before
    with pytest.raises(PlaceError, match="a pipe or a device"):
        check_place(Path(os.devnull))


def test_without_asking_nothing_is_replaced(tmp_path):
    path = tmp_path / "curves.npz"
    path.write_text("precious")
    with pytest.raises(TakenError), replacing(path, overwrite=False):
        raise AssertionError("the work began")
    path.unlink()

    def write_late():
        with replacing(path, overwrite=False) as part:
            part.write_text("late")
            path.write_text("precious")  # somebody else was faster

    with pytest.raises(TakenError, match="exists already"):
        write_late()
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("has_links", [True, False])
def test_one_of_many_wins(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    path, together = tmp_path / "curves.npz", threading.Barrier(8)
    won, refused = [], []

    def write(number):
        try:
            with replacing(path, overwrite=False) as part:
                part.write_text(f"number {number}")
                together.wait()
            won.append(f"number {number}")
        except TakenError:
            refused.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(refused) == 7
    assert path.read_text() == won[0]
    assert list(tmp_path.iterdir()) == [path]


def refuse(*_):
    raise OSError(errno.EPERM, "this disk has no hard links")


def test_a_finished_file_is_published_in_one_step(tmp_path):
    finished, path = tmp_path / "finished", tmp_path / "curves.npz"
    for text, mode in (("first", None), ("second", 0o600)):
        finished.write_text(text)
        if mode:
            path.chmod(mode)
        publish(finished, path)
        assert path.read_text() == text
        assert mode is None or stat.S_IMODE(path.stat().st_mode) == mode
        assert not finished.exists()
    finished.write_text("third")
    with pytest.raises(TakenError):
        publish(finished, path, overwrite=False)
    assert path.read_text() == "second"


def test_the_longest_names_in_other_scripts_work(tmp_path):
    path = tmp_path / ("😀" * 60 + ".npz")
    with replacing(path) as part:
        part.touch()
    assert path.exists()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="counts open files as POSIX does")
def test_no_file_stays_open(tmp_path):
    before = len(list(Path("/dev/fd").iterdir()))
    for number in range(5):
        with replacing(tmp_path / f"{number}.npz", overwrite=bool(number % 2)) as part:
            part.write_text("new")
        with pytest.raises(TakenError), replacing(tmp_path / f"{number}.npz", overwrite=False):
            pass
    assert len(list(Path("/dev/fd").iterdir())) == before
