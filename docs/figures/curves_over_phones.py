"""Draws emotalk-compact-curves.png: what the built-in model does with one sentence, over its phones.

``python docs/figures/curves_over_phones.py [PICTURE]``. Needs matplotlib and flite, whose voice is one that the model
was not trained on. ``--recording SOUND "WHAT IS SAID"`` draws a recording instead, and needs pocketsphinx in place of
flite.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from emotalk.face.aperture import lip_aperture
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.log_mel import HOP, log_mel, speech_level
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for
from emotalk.training.recordings.sound_files import as_floats
from emotalk.training.voices import flite
from pictures import IMAGES
from spoken import aligned

SENTENCE = "Maybe the boatman moved five blue marbles before we saw the purple umbrella."
CHANNELS = ("mouthPucker", "mouthFunnel", "mouthStretchLeft", "mouthRollLower", "browInnerUp")


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path, nargs="?", default=IMAGES / "emotalk-compact-curves.png")
    parser.add_argument("--recording", nargs=2, metavar=("SOUND", "TEXT"))
    parser.add_argument("--dpi", type=int, default=70, help="pixels per inch; the picture is some 15 inches wide")
    options = parser.parse_args()
    if options.recording:
        sound, text = options.recording
        line = aligned(Path(sound), text)
    else:
        line = flite.speak("line", "kal16", SENTENCE)
    curves_over_phones(line, options.picture, options.dpi)


def curves_over_phones(line: SpokenLine, picture: Path, dpi: int) -> None:
    """Perform and draw."""
    sound = as_floats(line.samples)
    model = EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)
    features = model.encode(Speech(sound))
    curves = model.decode(features, Controls())
    taught = targets_for(build_score(line.phones), curves.times, Conditioning.plain(curves.frames)).with_contacts()
    signals = 1 / (1 + np.exp(-features.arrays["signals"]))
    figure, rows = plt.subplots(4, 1, figsize=(15, 9), sharex=True, gridspec_kw={"hspace": 0.12})
    frames = log_mel(sound, speech_level(sound), 0, len(sound) // HOP)
    rows[0].imshow(frames.T, origin="lower", aspect="auto", extent=(0, len(sound) / SAMPLE_RATE, 0, 64), cmap="magma")
    rows[0].set_ylabel("mel band")
    rows[1].plot(curves.times, lip_aperture(curves.values), label="model")
    rows[1].plot(curves.times, lip_aperture(taught), "--", label="teacher, who knows the phones")
    rows[1].axhline(0, color="black", linewidth=0.5)
    rows[1].set_ylabel("lip aperture")
    for column, name in enumerate(("lips together", "lip on teeth", "speaking")):
        rows[2].plot(curves.times, signals[:, column], label=name)
    rows[2].set_ylabel("probability")
    for name in CHANNELS:
        rows[3].plot(curves.times, curves.channel(name), label=name)
    rows[3].set_xlabel("seconds")
    for row in rows[1:]:
        row.legend(loc="upper right", fontsize=8)
        for phone in line.phones:
            row.axvline(phone.start, color="grey", linewidth=0.3)
            if phone.name in ("P", "B", "M", "F", "V"):
                row.axvspan(phone.start, phone.end, color="tab:red" if phone.name in "PBM" else "tab:green", alpha=0.12)
    for phone in line.phones:
        rows[0].text((phone.start + phone.end) / 2, 65, phone.name, ha="center", fontsize=8)
    figure.savefig(picture, dpi=dpi, bbox_inches="tight")


if __name__ == "__main__":
    main()
