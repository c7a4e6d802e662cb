"""``emotalk weights`` as a user meets it."""

import os
import pty
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from emotalk.command_line.main import main
from emotalk.face.curve_files import read_curves
from emotalk.inference.checkpoints.catalogue import CatalogueEntry, catalogue
from emotalk.inference.registry import DEFAULT_MODEL, EMOTALK_CONVERTER
from PIL import Image

COMMAND = (sys.executable, "-m", "emotalk.command_line.main", "weights")


@pytest.fixture(autouse=True)
def _own_folder(user_weights):
    """Every test begins without weights of one's own."""


@pytest.fixture
def imported(small_checkpoint):
    """Weights named My actor are installed."""
    assert run("import", small_checkpoint, "--name", "My actor", "--yes") == 0


def run(*words):
    return main(["weights", *map(str, words)])


def at_a_terminal(words, answer):
    """The exit status of the command when somebody answers its question, and what was shown."""
    near, far = pty.openpty()
    process = subprocess.Popen([*COMMAND, *map(str, words)], stdin=far, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(far)
    os.write(near, f"{answer}\n".encode())
    out, err = process.communicate(timeout=60)
    os.close(near)
    return process.returncode, out.decode(), err.decode()


def test_a_checkpoint_is_imported_listed_verified_and_performs(
    small_checkpoint, user_weights, line_wav, tmp_path, capsys
):
    assert run("import", small_checkpoint) == 0
    first, unused, notice = capsys.readouterr().out.splitlines()
    assert first.startswith("EmoTalk is installed: ")
    assert first.endswith(" MB, unknown: the released weights are CC BY-NC 4.0")
    assert unused == "Not used by the network: somebody.elses"
    assert notice == EMOTALK_CONVERTER.notice
    assert run("list") == 0
    built_in, laughing, own, folder = capsys.readouterr().out.splitlines()
    assert built_in.split()[:2] == [DEFAULT_MODEL, "emotalk-compact"]
    assert built_in.endswith("built in")
    assert laughing.startswith("laughtalk-compact ")
    assert "GPL-3.0-or-later" in laughing
    assert own.startswith("EmoTalk ")
    assert "CC BY-NC 4.0" in own
    assert own.endswith("needs PyTorch")
    assert folder.endswith(str(user_weights))
    assert run("verify", "EmoTalk") == 0
    assert capsys.readouterr().out == "EmoTalk: unchanged\n"
    output = tmp_path / "line.npz"
    words = ["animate", str(line_wav), "-o", str(output), "--model", "EmoTalk", "--device", "cpu"]
    assert main(words) == 0
    assert capsys.readouterr().err == ""
    assert np.ptp(read_curves(output).face.values) > 0
    assert main([*words, "--overwrite", "--precision", "bfloat16"]) == 0


def test_the_licence_is_shown_and_asked_about_once(small_checkpoint, user_weights):
    status, out, err = at_a_terminal(["import", small_checkpoint], "no")
    assert (status, out) == (1, "Nothing was imported\n")
    assert err == f"{EMOTALK_CONVERTER.notice}\nImport them? (yes/no) "
    assert not list(user_weights.iterdir())
    status, out, err = at_a_terminal(["import", small_checkpoint], "yes")
    assert status == 0
    assert (out + err).count(EMOTALK_CONVERTER.notice) == 1
    status, out, err = at_a_terminal(["import", small_checkpoint, "--overwrite", "--yes"], "")
    assert (status, err) == (0, "")
    assert out.count(EMOTALK_CONVERTER.notice) == 1


def test_nothing_is_asked_or_replaced_where_the_name_is_taken(imported, small_checkpoint, capsys):
    status, _, err = at_a_terminal(["import", small_checkpoint, "--name", "My actor"], "yes")
    assert status == 1
    assert err == "emotalk: There are weights named My actor already; --overwrite replaces them\n"
    assert run("import", small_checkpoint, "--name", "../up", "--yes") == 1
    assert "cannot be named '../up'" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"\x80\x02}q\x00."])
def test_a_file_that_is_no_checkpoint(tmp_path, user_weights, capsys, content):
    (tmp_path / "bad.pth").write_bytes(content)
    assert run("import", tmp_path / "bad.pth", "--yes") == 1
    err = capsys.readouterr().err
    assert "bad.pth" in err
    assert err.count("\n") == 1
    assert not list(user_weights.iterdir())
    assert run("import", tmp_path / "none.pth", "--yes") == 1
    assert "There is no file" in capsys.readouterr().err


def test_verify_looks_at_all_and_reports_each(imported, user_weights, capsys):
    shutil.copy(user_weights / "My actor.safetensors", user_weights / "dropped.safetensors")
    (user_weights / "cut.safetensors").write_bytes((user_weights / "dropped.safetensors").read_bytes()[:-5])
    with (user_weights / "My actor.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x7e")
    capsys.readouterr()
    assert run("verify") == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"{name}: complete; no hash is stored to compare with"
        for name in (DEFAULT_MODEL, "laughtalk-compact", "dropped")
    ]
    assert "The weights My actor are not what was imported" in err
    assert "cut.safetensors is cut off" in err
    assert run("list") == 0
    assert "damaged: The weights file cut.safetensors is cut off" in capsys.readouterr().out


def test_removing_needs_a_yes(imported, user_weights, capsys):
    path = user_weights / "My actor.safetensors"
    done = subprocess.run([*COMMAND, "remove", "My actor"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, f"emotalk: {path} is only deleted with --yes\n")
    assert at_a_terminal(["remove", "My actor"], "n")[0] == 1
    assert path.exists()
    assert at_a_terminal(["remove", "My actor"], "yes") == (
        0,
        f"{path} was deleted\n",
        f"Delete {path}? (yes/no) ",
    )
    assert run("remove", DEFAULT_MODEL, "--yes") == 1
    assert "came with EmoTalk and stays" in capsys.readouterr().err


def test_the_catalogue_is_listed_and_nothing_is_downloaded_by_itself(user_weights, capsys):
    assert run("get") == 0
    out = capsys.readouterr().out
    for entry in catalogue():
        assert f"{entry.name} ({entry.licence}; " in out
        assert entry.page in out
    assert not user_weights.exists()


def test_what_cannot_be_verified_is_not_taken_unasked(capsys):
    unknown = next(entry.name for entry in catalogue() if entry.url and not entry.sha256)
    assert run("get", unknown) == 2
    assert "--sha256" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("get", unknown, "--sha256", "123")
    assert "64 hexadecimal digits" in capsys.readouterr().err


def test_what_must_be_fetched_by_hand_says_where(capsys):
    assert run("get", "emotalk") == 1
    assert "github.com/psyai-net/EmoTalk_release" in capsys.readouterr().err


def test_without_a_network_a_download_says_why(capsys):
    name = next(entry.name for entry in catalogue() if entry.sha256)
    command = [*COMMAND, "get", name]
    environment = {**os.environ, "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "huggingface.co cannot be reached" in done.stderr
    assert "check the connection" in done.stderr


def test_a_studio_states_the_licence_of_its_own_training(small_checkpoint, user_weights, capsys):
    assert run("import", small_checkpoint, "--name", "Ann", "--licence", "Studio Ann, all rights reserved") == 0
    out = capsys.readouterr().out
    assert "MB, Studio Ann, all rights reserved\n" in out
    assert EMOTALK_CONVERTER.notice not in out
    assert run("import", user_weights / "Ann.safetensors", "--name", "Ben", "--licence", " CC BY 4.0 ") == 0
    assert "Ben is installed" in capsys.readouterr().out
    assert run("list") == 0
    ann, ben = capsys.readouterr().out.splitlines()[2:4]
    assert "Studio Ann, all rights reserved" in ann
    assert "CC BY 4.0" in ben
    assert run("import", small_checkpoint, "--name", "Cy", "--licence", "two\nlines") == 1
    assert "A licence is one line" in capsys.readouterr().err


def test_what_a_killed_import_left_is_listed_and_removed(user_weights, small_checkpoint, capsys):
    user_weights.mkdir()
    left = user_weights / ".EmoTalk.safetensors.abc.part"
    left.write_bytes(bytes(2_000_000))
    os.utime(left, (0, 0))
    assert run("list") == 0
    assert capsys.readouterr().out.endswith(
        "Interrupted imports left 1 file (2.0 MB) there; emotalk weights remove --leftovers deletes them\n"
    )
    assert run("remove", "--leftovers") == 0
    assert capsys.readouterr().out == "1 file (2.0 MB) of interrupted imports deleted\n"
    assert not left.exists()
    assert run("remove", "--leftovers") == 0
    assert capsys.readouterr().out == "Interrupted imports left nothing\n"
    for words in ((), ("EmoTalk", "--leftovers")):
        assert run("remove", *words) == 2
        assert "either a NAME or --leftovers" in capsys.readouterr().err


def test_weights_that_say_nothing_are_listed_as_such(user_weights, capsys):
    user_weights.mkdir()
    (user_weights / "torn.safetensors").write_bytes(b"\xff" * 2_000_000)
    assert run("list") == 0
    row = capsys.readouterr().out.splitlines()[2]
    cells = [cell for cell in row.split("  ") if cell]
    assert [cell.strip() for cell in cells[:4]] == ["torn", "?", "2.0 MB", "no licence stated"]
    assert cells[4].strip().startswith("damaged: The weights file torn.safetensors ")


ENTRY = CatalogueEntry(
    "Ann", "emotalk", "CC0", "https://example.org/ann", "https://example.org/ann.pth", 2_500_000_000, "a" * 64, "Her."
)


@pytest.fixture
def fetched(monkeypatch, small_checkpoint):
    """What is asked of the network; a small checkpoint comes instead. The catalogue has one entry."""
    asked = []

    def fetch(entry, sha256, progress):
        progress(1_000_000, 2_000_000)
        asked.append((entry, sha256))
        return small_checkpoint

    monkeypatch.setattr("emotalk.inference.checkpoints.catalogue.catalogue", lambda: (ENTRY,))
    monkeypatch.setattr("emotalk.inference.checkpoints.catalogue.fetch", fetch)
    return asked


def test_a_network_of_the_catalogue_is_fetched_and_imported(fetched, user_weights, capsys):
    assert run("get", "Ann", "--sha256", "B" * 64) == 0
    assert fetched == [(ENTRY, "b" * 64)]
    out, err = capsys.readouterr()
    assert out == f"{user_weights / 'Ann.safetensors'}\n"
    assert err == "Ann: CC0, see https://example.org/ann\n"
    assert run("verify", "Ann") == 0


@pytest.mark.parametrize(
    ("fields", "words", "is_fetched"),
    [({}, [], True), ({"sha256": None}, [], False), ({"sha256": None}, ["--yes"], True)],
)
def test_encoders_of_the_catalogue_are_fetched_as_they_are(
    fetched, small_checkpoint, monkeypatch, capsys, fields, words, is_fetched
):
    entry = replace(ENTRY, architecture="wav2vec2", **fields)
    monkeypatch.setattr("emotalk.inference.checkpoints.catalogue.catalogue", lambda: (entry,))
    assert run("get", "Ann", *words) == (0 if is_fetched else 2)
    assert fetched == ([(entry, None)] if is_fetched else [])
    if is_fetched:
        assert capsys.readouterr().out == f"{small_checkpoint}\n"


@pytest.mark.parametrize(
    ("fields", "how"),
    [
        ({}, "hash known, 2.5 GB"),
        ({"bytes": 12_340_000, "sha256": None}, "no hash known, 12.3 MB"),
        ({"url": None, "bytes": None}, "by hand"),
    ],
)
def test_the_catalogue_says_how_each_entry_comes(fetched, monkeypatch, capsys, fields, how):
    monkeypatch.setattr("emotalk.inference.checkpoints.catalogue.catalogue", lambda: (replace(ENTRY, **fields),))
    assert run("get") == 0
    assert capsys.readouterr().out == f"Ann (CC0; {how})\n  Her.\n  https://example.org/ann\n"


def test_what_cannot_be_deleted_is_named(user_weights, capsys, monkeypatch):
    user_weights.mkdir()
    left = user_weights / ".EmoTalk.safetensors.abc.part"
    left.write_bytes(b"1")
    os.utime(left, (0, 0))
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_given, **_options: (_ for _ in ()).throw(OSError("in use")))
    assert run("remove", "--leftovers") == 1
    assert capsys.readouterr() == ("Interrupted imports left nothing\n", f"{left} cannot be deleted\n")


@pytest.mark.parametrize("words", [("--verbose", "verify", "nobody"), ("verify", "--verbose", "nobody")])
def test_verbose_may_stand_before_or_after_the_action(capsys, words):
    assert run(*words) == 1
    assert "Traceback" in capsys.readouterr().err
    assert run("verify", "nobody") == 1
    assert "Traceback" not in capsys.readouterr().err


PICTURE = """
import sys
import numpy as np
from emotalk.demo.mood_pictures import picture_moods
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves
poses = np.zeros((7, 52), np.float32)
poses[6, ARKIT.index["jawOpen"]] = 0.8
picture_moods([f"Mood {n}" for n in range(7)], FaceCurves(poses, ARKIT, 30.0)).save(sys.argv[1])
import os
os._exit(0)
"""


def test_the_learnt_emotions_are_drawn_one_beside_the_other(tmp_path):
    path = tmp_path / "moods.png"
    done = subprocess.run([sys.executable, "-c", PICTURE, str(path)], capture_output=True, text=True, timeout=200)
    assert path.is_file(), done.stdout + done.stderr
    with Image.open(path) as sheet:
        assert sheet.size == (6 * 240, 2 * 264)
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    first, other, last = pixels[:240, :240], pixels[:240, 240:480], pixels[264:504, :240]
    assert np.abs(first - other).max() == 0
    assert np.abs(first - last)[150:].mean() > 5 * np.abs(first - last)[:120].mean()


def test_weights_without_learnt_emotions_have_no_picture(capsys):
    assert main(["weights", "picture", "emotalk-compact"]) == 1
    assert "has no learnt emotions to draw" in capsys.readouterr().err
