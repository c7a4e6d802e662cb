"""How well shapes are created for heads of other topology: ICT-FaceKit's neutral head, and a skin of FLAME's topology.

    python benchmarks/created_shapes.py ICT_FOLDER [FLAME_SKIN_NPZ]

ICT-FaceKit has shapes of its own to compare with. What they differ by is the difference between two sculptors, too, so
the built-in head's shapes on its own head in a coarser topology are measured beside it: any difference is an error.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from emotalk.face import arkit, landmarks
from emotalk.face.created_shapes import CreatedShapes, create_shapes, sample_face
from emotalk.face.face_guess import guess_marks
from emotalk.face.face_marks import MARKS, marks_of
from emotalk.face.face_mesh import FaceMesh, triangulated
from emotalk.face.flame.arkit_shapes import upright
from emotalk.face.ict_facekit import IctHead, read_ict
from emotalk.face.sample_head import build_sample_head
from emotalk.face.sample_head.skin_cage import build_skin_cage

SHOWN: Final = (
    "jawOpen mouthClose mouthFunnel mouthPucker mouthSmileLeft mouthFrownLeft mouthStretchLeft mouthLeft "
    "mouthUpperUpLeft mouthLowerDownLeft mouthRollLower mouthShrugUpper cheekPuff noseSneerLeft browInnerUp "
    "browDownLeft browOuterUpLeft eyeBlinkLeft eyeWideLeft eyeSquintLeft"
).split()


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ict", type=Path, help="the folder FaceXModel of ICT-FaceKit")
    parser.add_argument("skin", type=Path, nargs="?", help="an .npz with vertices and triangles of FLAME's skin")
    options = parser.parse_args()
    measure_own_topology()
    measure_ict(read_ict(options.ict))
    if options.skin:
        with np.load(options.skin, allow_pickle=False) as file:
            vertices, triangles = upright(file["vertices"].astype(np.float64)), file["triangles"]
        measure_flame(FaceMesh(vertices, triangles, np.array(landmarks.FLAME)))


def measure_own_topology() -> None:
    """The built-in head's cage: a quarter of the vertices, whose moves are known."""
    source, cage = sample_face(), build_skin_cage()
    count = len(cage.points)
    face = FaceMesh(source.vertices[:count], triangulated(cage.polygons), source.landmarks)
    created, seconds = _timed(face.vertices, face.triangles, marks_of(face))
    own = {name: moves[:count] for name, moves in build_sample_head().parts["skin"].shapes.items()}
    shares = [_rms(created.moves[name] - own[name]) / _rms(own[name]) for name in created.moves if name in own]
    print(
        f"built-in head, {count} vertices: {seconds:.1f} s, {100 * np.mean(shares):.0f} % of the moves wrong on average"
    )


def measure_ict(head: IctHead) -> None:
    """A table of what ICT's own shapes and the created ones differ by."""
    first = np.cumsum([0, *(len(part.vertices) for part in head.parts)])
    vertices = np.concatenate([part.vertices for part in head.parts]).astype(np.float64)
    triangles = np.concatenate([triangulated(p.polygons) + k for p, k in zip(head.parts, first[:-1], strict=True)])
    skin = head.parts[0]
    face = FaceMesh(skin.vertices.astype(np.float64), triangulated(skin.polygons), head.landmarks)
    guessed, guessing = _guess("ICT-FaceKit", face)
    by_marks, seconds = _timed(vertices, triangles, marks_of(face))
    by_guess, _ = _timed(vertices, triangles, guessed)
    print(f"ICT-FaceKit, {len(vertices)} vertices: landmarks {guessing:.1f} s, shapes {seconds:.1f} s")
    print("\n| shape | ICT's moves | by its landmarks | by guessed ones |\n|---|--:|--:|--:|")
    count = len(skin.vertices)
    for name in SHOWN:
        own = skin.shapes[name]
        apart = [_rms(own - created.moves[name][:count]) for created in (by_marks, by_guess)]
        print(f"| {name} | {_rms(own):.1f} | {apart[0]:.1f} | {apart[1]:.1f} |")
    for title, created in (("its landmarks", by_marks), ("guessed ones", by_guess)):
        names = [name for name in arkit.CHANNELS if name in created.moves and name in skin.shapes]
        shares = [_rms(skin.shapes[n] - created.moves[n][:count]) / _rms(skin.shapes[n]) for n in names]
        print(f"{len(names)} shapes by {title}: {100 * np.mean(shares):.0f} % of ICT's moves differ on average")
        _print_contacts("ICT-FaceKit", face, {name: moves[:count] for name, moves in created.moves.items()})


def measure_flame(face: FaceMesh) -> None:
    """A skin without shapes of its own: do lips and lids part and meet."""
    guessed, guessing = _guess("FLAME skin", face)
    for title, marks in (("its landmarks", marks_of(face)), ("guessed ones", guessed)):
        created, seconds = _timed(face.vertices, face.triangles, marks)
        print(
            f"FLAME skin by {title}, {len(face.vertices)} vertices: landmarks {guessing:.1f} s, shapes {seconds:.1f} s"
        )
        _print_contacts("FLAME skin", face, created.moves)


def _guess(name: str, face: FaceMesh) -> tuple[np.ndarray, float]:
    started = time.perf_counter()
    guessed = guess_marks(sample_face(), face.vertices, face.triangles)
    seconds = time.perf_counter() - started
    apart = np.linalg.norm(guessed - marks_of(face), axis=1) * 1e3
    worst = list(MARKS)[int(apart.argmax())]
    print(f"{name}: guessed landmarks are {apart.mean():.1f} mm off on average, {worst} {apart.max():.1f} mm")
    return guessed, seconds


def _timed(vertices: np.ndarray, triangles: np.ndarray, marks: np.ndarray) -> tuple[CreatedShapes, float]:
    started = time.perf_counter()
    created = create_shapes(vertices, triangles, marks)
    return created, time.perf_counter() - started


def _print_contacts(name: str, face: FaceMesh, moves: Mapping[str, np.ndarray]) -> None:
    def gap(**coefficients: float) -> float:
        moved = face.vertices + sum(value * moves[key] for key, value in coefficients.items())
        return landmarks.lip_gap_mm(moved, face.landmarks, 2)

    lids = face.landmarks[list(landmarks.LIDS[6:])]

    def opening(blink: float) -> float:
        heights = (face.vertices + blink * moves["eyeBlinkLeft"])[lids, 2] * 1e3
        return float((heights[[1, 2]] - heights[[5, 4]]).mean())

    closed = gap(jawOpen=0.6, mouthClose=0.6 * arkit.SEAL_FACTOR)
    print(
        f"{name}: lips {gap():.1f} mm apart at rest, {gap(jawOpen=1):.1f} at jawOpen, {closed:.1f} at 0.6 of it closed "
        f"again; lids {opening(0):.1f} mm apart, {opening(1):.1f} in a blink"
    )


def _rms(moves: np.ndarray) -> float:
    """Millimetres, over the vertices."""
    return float(np.sqrt((moves**2).sum(axis=1).mean())) * 1e3


if __name__ == "__main__":
    main()
