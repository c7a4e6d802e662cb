"""Draws acting_curves.png: the same line in four moods, with the acting off and on.

``python docs/figures/acting_curves.py [PICTURE] [--sound SOUND]``. Needs matplotlib. If no sound
is given, it is the sample line, spoken twice with a pause.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from emotalk.face.controls import STILL_ACTING, Controls
from emotalk.face.curves import Performance
from emotalk.face.eyes import merge_eyes
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.sound.prosody_tracks import prosody_tracks
from pictures import IMAGES, save_small
from PIL import Image

LINE = Path(__file__).resolve().parents[2] / "samples" / "line.wav"
MOODS = ("neutral", "happy", "anger", "sad")
CHANNELS = (
    "browInnerUp",
    "browDownLeft",
    "browOuterUpLeft",
    "cheekSquintLeft",
    "mouthSmileLeft",
    "mouthFrownLeft",
    "eyeBlinkLeft",
)
PAUSE = 1.2


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path, nargs="?", default=IMAGES / "acting_curves.png")
    parser.add_argument("--sound", type=Path, help="a line of speech")
    parser.add_argument("--dpi", type=int, default=70, help="pixels per inch; the picture is some 15 inches wide")
    options = parser.parse_args()
    acting_curves(
        read_speech(options.sound) if options.sound else twice(read_speech(LINE)), options.picture, options.dpi
    )


def twice(speech: Speech) -> Speech:
    """A line, a pause, the line again, and a pause."""
    pause = np.zeros(int(PAUSE * SAMPLE_RATE), np.float32)
    return Speech(np.concatenate([pause, speech.samples, pause, speech.samples, pause]))


def acting_curves(speech: Speech, picture: Path, dpi: int) -> None:
    """Perform in every mood, and draw."""
    engine = Engine()
    figure, panels = plt.subplots(
        len(MOODS) + 1, 2, figsize=(15, 11), sharex=True, sharey="row", gridspec_kw={"hspace": 0.1, "wspace": 0.03}
    )
    for column, (title, off) in enumerate((("acting off", STILL_ACTING), ("acting on", {}))):
        performances = [merge_eyes(engine.perform(speech, Controls(off | {mood: 1}))) for mood in MOODS]
        for mood, performance, panel in zip(MOODS, performances, panels[:, column], strict=False):
            _draw(panel, performance)
            panel.set_ylim(0, 1)
            panel.text(0.01, 0.93, mood, transform=panel.transAxes, va="top", fontweight="bold")
        head = performances[0].head
        for axis in range(3):
            panels[-1, column].plot(head.times, head.values[:, axis], label=head.channels[axis], linewidth=1)
        panels[-1, column].set_ylim(-12, 12)
        panels[-1, column].text(0.01, 0.93, "head, degrees (neutral)", transform=panels[-1, column].transAxes, va="top")
        panels[-1, column].set_xlabel("seconds")
        panels[0, column].set_title(title)
        prosody = prosody_tracks(speech, head.frames, head.fps)
        for panel in panels[:, column]:
            for start, end in prosody.phrases:
                panel.axvspan(start, end, color="grey", alpha=0.1)
            for stress in prosody.stresses:
                panel.axvline(stress.second, color="grey", linewidth=0.4 + stress.strength)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="upper center", ncols=len(CHANNELS), fontsize=9)
    panels[-1, 1].legend(loc="upper right", fontsize=8, ncols=3)
    figure.savefig(picture, dpi=dpi, bbox_inches="tight")
    with Image.open(picture) as drawn:
        save_small(drawn.convert("RGB"), picture, 64)


def _draw(panel: plt.Axes, performance: Performance) -> None:
    for name in CHANNELS:
        is_blink = name.startswith("eyeBlink")
        curve = performance.face.channel(name)
        panel.plot(
            performance.face.times,
            curve,
            label=name,
            linewidth=0.6 if is_blink else 1.2,
            color="silver" if is_blink else None,
        )


if __name__ == "__main__":
    main()
