"""One holder at a time, whoever comes and goes; nothing stays."""

import os
import subprocess
import sys
import time

import pytest
from emotalk.face.claim import claimed
from emotalk.face.errors import EmoTalkError

COUNT = """
import sys
from pathlib import Path
from emotalk.face.claim import claimed
place = Path(sys.argv[1])
for _ in range(50):
    with claimed(place / "lock", "the count", 30):
        count = int((place / "count").read_text())
        (place / "count").write_text(str(count + 1))
"""


def test_many_processes_count_together(tmp_path):
    (tmp_path / "count").write_text("0")
    others = [subprocess.Popen([sys.executable, "-c", COUNT, tmp_path]) for _ in range(4)]
    assert [other.wait(60) for other in others] == [0] * 4
    assert (tmp_path / "count").read_text() == "200"
    assert not (tmp_path / "lock").exists()


def test_an_impatient_one_sees_who_holds_it(tmp_path):
    with claimed(tmp_path / "lock", "the count"):
        script = "import sys; from pathlib import Path; from emotalk.face.claim import claimed\n"
        script += "with claimed(Path(sys.argv[1]), 'the count'): pass"
        done = subprocess.run([sys.executable, "-c", script, tmp_path / "lock"], capture_output=True, text=True)
    assert "is changing the count; wait for it" in done.stderr
    with claimed(tmp_path / "lock", "the count"), pytest.raises(EmoTalkError), claimed(tmp_path / "lock", "the count"):
        pass
    assert not (tmp_path / "lock").exists()


def test_who_holds_it_is_named_and_its_folder_is_made(tmp_path):
    path = tmp_path / "new" / "folder" / "lock"
    sentence = f"Another program \\(process {os.getpid()}\\) is changing the count; wait for it"
    with claimed(path, "the count"), pytest.raises(EmoTalkError, match=sentence), claimed(path, "the count"):
        pass
    assert not path.exists()


def test_a_patient_one_waits_for_the_end(tmp_path):
    with claimed(tmp_path / "lock", "the count"):
        began = time.monotonic()
        with pytest.raises(EmoTalkError), claimed(tmp_path / "lock", "the count", 0.1):
            pass
        assert time.monotonic() - began >= 0.1
