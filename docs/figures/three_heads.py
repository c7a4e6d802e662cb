"""Draws three_heads.png: the built-in head, ICT-FaceKit and a skin of FLAME's topology speak the same line.

``python docs/figures/three_heads.py ICT_FOLDER FLAME_SKIN_NPZ [PICTURE]``. Needs the Blender module (bpy) and pillow.
Prints the lip gaps of all three: those of the picture and those of the 15 visemes.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np
from contact_sheets import VISEMES
from emotalk.blender_emotalk.characters import find_character
from emotalk.blender_emotalk.fit_check import measure
from emotalk.blender_emotalk.heads import add_head
from emotalk.blender_emotalk.mapping_desk import look_up
from emotalk.face import arkit, landmarks
from emotalk.face.basis import ARKIT
from emotalk.face.calibration import calibrate
from emotalk.face.controls import Controls
from emotalk.face.errors import EmoTalkError
from emotalk.face.face_mesh import FaceMesh, triangulated
from emotalk.face.fit import EYES_MM
from emotalk.face.fit import VISEME_GAPS as REFERENCE
from emotalk.face.flame.arkit_shapes import upright
from emotalk.face.ict_facekit import read_ict
from emotalk.face.sample_head import Bone, Part, build_sample_head
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.face.sample_head.palette import SKIN
from emotalk.face.shape_transfer import correspond, transfer
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from mathutils import Vector
from pictures import IMAGES, save_small
from PIL import Image
from studio import empty_scene, place

LINE = Path(__file__).resolve().parents[2] / "samples" / "line.wav"
MOMENTS = {"asked": 0.70, "for": 1.04, "maybe: ay": 2.31, "maybe: b": 2.41}
"""Seconds within the sample line."""

_SPACING = 0.27
_EYE_RADIUS = 0.0137
_COLOURS = 160


@dataclass(frozen=True)
class Face:
    """One of the three.

    Attributes:
        name: for people.
        parts: the meshes.
        bones: parents before children.
        mesh: its skin with landmarks.
        shapes: (V, 3) moves of the skin by channel.
    """

    name: str
    parts: tuple[Part, ...]
    bones: tuple[Bone, ...]
    mesh: FaceMesh
    shapes: Mapping[str, np.ndarray]

    def gap(self, coefficients: Mapping[str, float]) -> float:
        """The gap between the lips in millimetres."""
        vertices = self.mesh.vertices.astype(np.float64)
        for name, value in coefficients.items():
            if name in self.shapes:
                vertices = vertices + value * self.shapes[name]
        return landmarks.lip_gap_mm(vertices, self.mesh.landmarks, 2)


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ict", type=Path, help="the folder FaceXModel of ICT-FaceKit")
    parser.add_argument("skin", type=Path, help="an .npz with vertices and triangles of FLAME's skin")
    parser.add_argument("picture", type=Path, nargs="?", default=IMAGES / "three_heads.png")
    parser.add_argument("--size", type=int, default=220, help="edge of each face in pixels")
    options = parser.parse_args()
    faces = (sample_face(), ict_face(options.ict), flame_face(options.skin))
    curves = Engine().perform(read_speech(LINE), Controls()).face
    rows = [dict(zip(curves.channels, curves.values[round(t * curves.fps)], strict=True)) for t in MOMENTS.values()]
    armatures = draw(faces, rows, options.picture, options.size)
    print_gaps("moment", faces, dict(zip(MOMENTS, rows, strict=True)))
    print_gaps("viseme", faces, {name: _both_sides(stems) for name, stems in VISEMES.items()})
    print_fits(faces, armatures)


def sample_face() -> Face:
    """The built-in head."""
    head = build_sample_head()
    skin = head.parts["skin"]
    mesh = FaceMesh(skin.vertices, triangulated(skin.polygons), sample_landmarks())
    return Face("built-in", tuple(head.parts.values()), head.bones, mesh, skin.shapes)


def ict_face(folder: Path) -> Face:
    """ICT-FaceKit."""
    head = read_ict(folder)
    skin = head.parts[0]
    return Face(
        "ICT", head.parts, head.bones, FaceMesh(skin.vertices, triangulated(skin.polygons), head.landmarks), skin.shapes
    )


def flame_face(path: Path) -> Face:
    """The built-in head's shapes on a skin of FLAME's topology, which has no eyes: the built-in head's are put in."""
    source = sample_face()
    with np.load(path, allow_pickle=False) as file:
        mesh = FaceMesh(upright(file["vertices"].astype(np.float64)), file["triangles"], np.array(landmarks.FLAME))
    shapes = transfer(source.shapes, correspond(source.mesh, mesh), mesh)
    vertices = mesh.vertices.astype(np.float32)
    skin = Part(
        "skin",
        vertices,
        mesh.triangles,
        (SKIN,),
        np.zeros(len(mesh.triangles), np.int32),
        {name: moves.astype(np.float32) for name, moves in shapes.items()},
        {"head": np.ones(len(vertices), np.float32)},
    )
    eyes = [_eye(part, mesh) for part in source.parts if part.name.startswith("eye ")]
    return Face("FLAME topology", (skin, *eyes), (Bone("head", (0, 0, 0), (0, 0, 0.1), None),), mesh, shapes)


def _eye(part: Part, mesh: FaceMesh) -> Part:
    """An eyeball of the built-in head behind the lids of another."""
    first = landmarks.LIDS[6 if part.name == "eye left" else 0]
    lids = mesh.vertices[mesh.landmarks[first : first + 6]]
    middle = (part.vertices.min(axis=0) + part.vertices.max(axis=0)) / 2
    size = _EYE_RADIUS / ((part.vertices[:, 2].max() - part.vertices[:, 2].min()) / 2)
    centre = lids.mean(axis=0) + np.array([0, 0.85 * _EYE_RADIUS, 0])
    return replace(
        part,
        vertices=((part.vertices - middle) * size + centre).astype(np.float32),
        shapes={name: moves * np.float32(size) for name, moves in part.shapes.items()},
        bone_weights={"head": np.ones(len(part.vertices), np.float32)},
    )


def draw(faces: tuple[Face, ...], rows: list[dict[str, float]], path: Path, size: int) -> list[bpy.types.Object]:
    """A row of three faces for each moment; gives their armatures."""
    scene = empty_scene(85, size)
    scene.render.resolution_x = size * len(faces)
    keys, armatures = [], []
    for number, face in enumerate(faces):
        armature = add_head(scene.collection, face.name, face.parts, face.bones)
        armatures.append(armature)
        mouth = face.mesh.vertices[face.mesh.landmarks[list(landmarks.LIPS)]].mean(axis=0)
        armature.location = Vector((_SPACING * (number - 1), 0, 0)) - Vector(mouth)
        keys += [part.data.shape_keys for part in armature.children if part.data.shape_keys]
    place(scene.camera, Vector((0, -4, 0.10)), Vector((0, 0, 0.035)))
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", _SPACING * len(faces)
    scene.render.engine = "BLENDER_WORKBENCH"
    shading = scene.display.shading
    shading.light, shading.color_type, shading.studio_light = "STUDIO", "MATERIAL", "paint.sl"
    shading.show_cavity = True
    shading.background_type, shading.background_color = "VIEWPORT", (0.045, 0.055, 0.075)
    scene.display.render_aa = "8"
    picture = Image.new("RGB", (size * len(faces), size * len(rows)))
    with tempfile.TemporaryDirectory() as folder:
        for number, coefficients in enumerate(rows):
            for key in keys:
                for block in key.key_blocks[1:]:
                    block.value = coefficients.get(block.name, 0)
            scene.render.filepath = str(Path(folder) / f"{number}.png")
            bpy.ops.render.render(write_still=True)
            with Image.open(scene.render.filepath) as row:
                picture.paste(row.convert("RGB"), (0, size * number))
    save_small(picture, path, _COLOURS, refinements=8)
    return armatures


def print_gaps(title: str, faces: tuple[Face, ...], poses: Mapping[str, Mapping[str, float]]) -> None:
    """A Markdown table of the gaps in millimetres."""
    print(f"| {title} | {' | '.join(face.name for face in faces)} |")
    print(f"|---{'|--:' * len(faces)}|")
    for name, coefficients in poses.items():
        print(f"| {name} | {' | '.join(f'{face.gap(coefficients):.1f}' for face in faces)} |")


def print_fits(faces: tuple[Face, ...], armatures: list[bpy.types.Object]) -> None:
    """A Markdown table of the openings beyond rest before and after calibration, and the sentences of Fit Check."""
    print(f"| | {' | '.join(REFERENCE)} |\n|---{'|--:' * len(REFERENCE)}|")
    print(f"| reference | {' | '.join(f'{gap * EYES_MM:.2f}' for gap in REFERENCE.values())} |")
    sentences = []
    for face, armature in zip(faces, armatures, strict=True):
        scene, mapping = bpy.context.scene, look_up(armature, bpy.context.scene, ARKIT).mapping
        for when in ("before", "after"):
            try:
                measured = measure(find_character(armature, scene, ARKIT, mapping), armature, scene)
            except EmoTalkError as error:
                sentences.append(f"{face.name}: {error}.")
                break
            gaps = (f"{measured.fit.gaps[name] * EYES_MM:.2f}" for name in REFERENCE)
            print(f"| {face.name}, {when} | {' | '.join(gaps)} |")
            sentences.append(f"{face.name}, {when}: {measured.fit.sentence}.")
            mapping = calibrate(mapping, measured.face, measured.measures)
    print("\n".join(sentences))


def _both_sides(stems: Mapping[str, float]) -> dict[str, float]:
    return {name: value for stem, value in stems.items() for name in arkit.sides(stem)}


if __name__ == "__main__":
    main()
