"""Makes what EMOTE is trained on for emote_heads.png: a head of FLAME's layout, and captures. Draws no picture itself.

``python docs/figures/emote_captures.py FLAME_SKIN_NPZ FOLDER [--takes 30]``. Needs flite.

FLAME's own expressions are not at hand. Those of this head are the principal components of the built-in head's shapes,
transferred onto FLAME's skin, and its jaw turns about an axis between the ears. The captures are sentences of flite in
eight emotions, performed by the phonetic teacher that the built-in model has learnt from. Written are ``flame.npz``,
``project.toml`` and the takes; ``emotalk train`` makes weights of them.
"""

import argparse
from pathlib import Path

import numpy as np
import soundfile
from emotalk.face import landmarks
from emotalk.face.basis import ARKIT
from emotalk.face.curves import FaceCurves, performance_of
from emotalk.face.emotions import EMOTIONS
from emotalk.face.face_mesh import FaceMesh, triangulated
from emotalk.face.flame.arkit_shapes import solve_arkit_shapes, upright
from emotalk.face.flame.expression_files import write_expressions
from emotalk.face.flame.model import CORRECTIVES, JOINTS, SKIN_VERTICES, VERTICES, FlameModel, save_model
from emotalk.face.flame.variants import FLAME_2023_OPEN
from emotalk.face.sample_head import build_sample_head
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.face.shape_transfer import correspond, transfer
from emotalk.inference.contract import SAMPLE_RATE
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for
from emotalk.training.voices.flite import speak
from emotalk.training.voices.sentences import write_sentences

VOICE = "slt"
FPS = 25.0
EXPRESSIONS = 50
_TEACHER_FPS = 30
_EYE_RADIUS = 0.0137
_RINGS, _SPOKES = 17, 32
_JAW_SHAPES = ("jawOpen", "jawForward", "jawLeft", "jawRight", "tongueOut")
_NECK = -0.06
"""Height below the mouth, in FLAME's axes, from which on the skin belongs to the neck no more."""


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("skin", type=Path, help="an .npz with vertices and triangles of FLAME's skin")
    parser.add_argument("folder", type=Path, help="made if it is not there")
    parser.add_argument("--takes", type=int, default=30, help="of each emotion")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with np.load(options.skin, allow_pickle=False) as file:
        model = head_of(file["vertices"].astype(np.float64), file["triangles"])
    save_model(model, options.folder / "flame.npz")
    write_takes(model, options.folder, options.takes)


def head_of(skin: np.ndarray, triangles: np.ndarray) -> FlameModel:
    """A model of FLAME's layout on its skin: eyeballs behind the lids, expressions and a jaw of the built-in head's."""
    mesh = FaceMesh(upright(skin), triangles, np.array(landmarks.FLAME))
    source = build_sample_head().parts["skin"]
    theirs = FaceMesh(source.vertices.astype(np.float64), triangulated(source.polygons), sample_landmarks())
    moves = {name: _flames(each) for name, each in transfer(source.shapes, correspond(theirs, mesh), mesh).items()}
    eyes = [_eyeball(skin[[landmarks.FLAME[mark] for mark in landmarks.LIDS[first:][:6]]]) for first in (6, 0)]
    template = np.concatenate([skin, *(points for points, _ in eyes)])
    faces = [triangles, *(faces + len(skin) + len(eyes[0][0]) * k for k, (_, faces) in enumerate(eyes))]
    expressions = np.zeros((VERTICES, 3, EXPRESSIONS))
    shapes = np.stack([each for name, each in moves.items() if name not in _JAW_SHAPES], axis=2)
    components, sizes, _ = np.linalg.svd(shapes.reshape(-1, shapes.shape[2]), full_matrices=False)
    scaled = (components * sizes / shapes.shape[2] ** 0.5).reshape(shapes.shape)
    expressions[:SKIN_VERTICES, :, : shapes.shape[2]] = scaled
    weights, regressor = _rig(template, np.linalg.norm(moves["jawOpen"], axis=1))
    return FlameModel(
        template,
        np.concatenate(faces).astype(np.int32),
        np.zeros((VERTICES, 3, 100)),
        expressions,
        np.zeros((VERTICES, 3, CORRECTIVES)),
        regressor,
        weights,
        FLAME_2023_OPEN,
        "made of its skin",
    )


def write_takes(model: FlameModel, folder: Path, takes: int) -> None:
    """Sounds, FLAME's parameters and the project; one take of each emotion is held out."""
    shapes = solve_arkit_shapes(model)
    rows = [f'name = "acted"\nactor = "Teacher"\nbasis = "flame-{EXPRESSIONS}"\n']
    sentences = iter(write_sentences(len(EMOTIONS) * (takes + 1), seed=1))
    for emotion in EMOTIONS:
        for number in range(takes + 1):
            name, split = f"{emotion}_{number:02}", "validation" if number == takes else "train"
            line = speak(name, VOICE, next(sentences))
            samples = line.samples.astype(np.float32) / 32768
            soundfile.write(folder / f"{name}.wav", samples, SAMPLE_RATE)
            times = np.arange(len(samples) / SAMPLE_RATE * _TEACHER_FPS // 1) / _TEACHER_FPS
            plain = Conditioning.plain(len(times), level=1.0)
            plain.emotions[:, EMOTIONS.index(emotion)] = emotion != "neutral"
            values = targets_for(build_score(line.phones), times, plain).with_contacts().astype(np.float32)
            face = shapes.to_flame(FaceCurves(values, ARKIT, _TEACHER_FPS)).resampled(FPS)
            write_expressions(folder / f"{name}.npz", performance_of(face))
            rows.append(
                f'[[takes]]\nname = "{name}"\nsound = "{name}.wav"\ncurves = "{name}.npz"\n'
                f'emotion = "{emotion}"\nlevel = 1.0\nsplit = "{split}"\n'
            )
    (folder / "project.toml").write_text("".join(rows), "utf-8")


def _flames(points: np.ndarray) -> np.ndarray:
    """From Blender's axes to FLAME's."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def _eyeball(lids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """546 vertices behind six landmarks of lids, rings about the axis of sight and two poles; 1088 triangles."""
    polar = np.pi * np.arange(1, _RINGS + 1) / (_RINGS + 1)
    turn = 2 * np.pi * np.arange(_SPOKES) / _SPOKES
    rings = np.stack(np.broadcast_arrays(np.cos(turn), np.sin(turn), 1 / np.tan(polar)[:, None]), axis=2)
    rings = rings * np.sin(polar)[:, None, None]
    points = np.concatenate([rings.reshape(-1, 3), [(0, 0, 1), (0, 0, -1)]])
    centre = lids.mean(axis=0) - np.array([0, 0, 0.85 * _EYE_RADIUS])
    net = np.arange(_RINGS * _SPOKES).reshape(_RINGS, _SPOKES)
    a, b, c, d = net[:-1], np.roll(net[:-1], -1, 1), np.roll(net[1:], -1, 1), net[1:]
    quads = [np.stack([a, c, b], 2).reshape(-1, 3), np.stack([a, d, c], 2).reshape(-1, 3)]
    first, last, pole = net[0], net[-1], np.full(_SPOKES, net.size)
    ends = [np.stack([first, np.roll(first, -1), pole], 1), np.stack([np.roll(last, -1), last, pole + 1], 1)]
    return centre + _EYE_RADIUS * points, np.concatenate(quads + ends)


def _rig(template: np.ndarray, opening: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (5023, 5), the jaw's by how far an opening mouth moves the skin, and a regressor (5, 5023)."""
    mouth = template[[landmarks.FLAME[mark] for mark in landmarks.LIPS]].mean(axis=0)
    weights = np.zeros((VERTICES, len(JOINTS)))
    jaw = np.clip(opening / opening.max(), 0, 1)
    above = np.clip((template[:SKIN_VERTICES, 1] - mouth[1] - _NECK) / 0.03 + 1, 0, 1)
    weights[:SKIN_VERTICES, 2] = jaw
    weights[:SKIN_VERTICES, 1] = (1 - jaw) * above
    weights[:SKIN_VERTICES, 0] = (1 - jaw) * (1 - above)
    eyes = slice(SKIN_VERTICES, SKIN_VERTICES + _RINGS * _SPOKES + 2), slice(SKIN_VERTICES + _RINGS * _SPOKES + 2, None)
    regressor = np.zeros((len(JOINTS), VERTICES))
    ears = [landmarks.FLAME[0], landmarks.FLAME[16]]
    low = np.argsort(template[:SKIN_VERTICES, 1])
    regressor[0, low[:200]], regressor[1, low[:600]], regressor[2, ears] = 1 / 200, 1 / 600, 1 / 2
    for joint, eye in enumerate(eyes, 3):
        weights[eye, joint], regressor[joint, eye] = 1, 1 / (_RINGS * _SPOKES + 2)
    return weights, regressor


if __name__ == "__main__":
    main()
