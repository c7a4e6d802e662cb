"""The film of moods: every mood on a head of its own, with sound, and a sheet of its frames."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
from PIL import Image

COMMAND = (sys.executable, "-m", "emotalk.command_line.main", "demo", "--moods")


@pytest.mark.slow
def test_four_moods_are_filmed_and_differ(line_wav, tmp_path):
    samples, rate = soundfile.read(line_wav)
    soundfile.write(tmp_path / "line.wav", samples[: rate // 2], rate)
    words = [tmp_path / "line.wav", "--folder", tmp_path / "out"]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["moods.mp4", "moods.png"]
    assert (tmp_path / "out" / "moods.mp4").stat().st_size > 10_000
    with Image.open(tmp_path / "out" / "moods.png") as sheet:
        picture = np.asarray(sheet.convert("RGB"), np.int16)
    margin = (picture.shape[1] - 2 * 640) // 2
    last = picture[-300:, margin + 640 : margin + 2 * 640]
    heads = [last[:100, 160 * number : 160 * number + 120] for number in range(4)]
    differences = [np.abs(one - other).mean() for one in heads for other in heads if one is not other]
    assert min(differences) > 0.3
