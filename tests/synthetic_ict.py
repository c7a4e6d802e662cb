"""A folder in the layout of ICT-FaceKit Light made by code: few vertices, the same materials, the same 53 names."""

import json

import numpy as np
from emotalk.face.arkit import CHANNELS

LEFT_OUT = ("M_IrisLeft", "M_IrisRight", "M_LacrimalFluid", "M_EyeBlend", "M_EyeOcclusion")
EYES = {"M_ScleraLeft": (3.0, 3.6, 8.0), "M_ScleraRight": (-3.0, 3.6, 8.0)}


def expressions():
    """ICT's 53 names: halves of browInnerUp and cheekPuff, no tongueOut, ``_L`` and ``_R``."""
    names = []
    for channel in CHANNELS:
        if channel in ("browInnerUp", "cheekPuff"):
            names += [f"{channel}_L", f"{channel}_R"]
        elif channel != "tongueOut":
            names.append(
                channel.replace("Left", "_L") if channel.endswith("Left") and channel not in SIDEWAYS else channel
            )
            if channel.endswith("Right") and channel not in SIDEWAYS:
                names[-1] = channel.replace("Right", "_R")
    return names


SIDEWAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")


def mesh():
    """Vertices (V, 3) in centimetres, Y up, and polygons by material."""
    points, polygons = [], {}

    def ball(centre, radius, material):
        first = sum(map(len, points))
        polar, turn = np.pi * np.arange(13) / 12, 2 * np.pi * np.arange(24) / 24
        sphere = np.stack(
            [
                np.sin(polar)[:, None] * np.cos(turn),
                np.sin(polar)[:, None] * np.sin(turn),
                np.cos(polar)[:, None] + 0 * turn,
            ],
            axis=2,
        )
        points.append(centre + radius * sphere.reshape(-1, 3))
        net = first + np.arange(13 * 24).reshape(13, 24)
        quads = np.stack([net[:-1], np.roll(net[:-1], -1, 1), np.roll(net[1:], -1, 1), net[1:]], 2).reshape(-1, 4)
        polygons.setdefault(material, []).extend(map(tuple, quads[:, ::-1].tolist()))

    ball(np.zeros(3), 12.0, "M_Face")
    polygons["M_BackHead"] = polygons["M_Face"][len(polygons["M_Face"]) // 2 :]
    polygons["M_Face"] = polygons["M_Face"][: len(polygons["M_Face"]) // 2]
    ball(np.array([0, -3, 6.0]), 2.0, "M_GumsTongue")
    ball(np.array([0, -3, 9.0]), 1.0, "M_Teeth")
    for material, centre in EYES.items():
        ball(np.array(centre), 1.5, material)
        ball(np.array(centre), 1.2, material.replace("Sclera", "Iris"))
    for material in ("M_LacrimalFluid", "M_EyeBlend", "M_EyeOcclusion", "M_EyeLashes"):
        ball(np.array([0, 4, 9.0]), 0.5, material)
    return np.concatenate(points), polygons


def moves(vertices):
    """(V, 3) centimetres for each expression: every one moves all vertices its own way, but not those of the eyes."""
    rng = np.random.default_rng(7)
    is_eye = np.zeros(len(vertices), bool)
    for centre in EYES.values():
        is_eye |= np.linalg.norm(vertices - centre, axis=1) < 1.6
    return {name: rng.normal(size=vertices.shape) * ~is_eye[:, None] for name in expressions()}


def write(folder):
    """Write the files; gives the vertices, the polygons and the moves."""
    folder.mkdir(parents=True, exist_ok=True)
    vertices, polygons = mesh()
    shown = moves(vertices)
    _write_obj(folder / "generic_neutral_mesh.obj", vertices, polygons)
    for name, move in shown.items():
        _write_obj(folder / f"{name}.obj", vertices + move, polygons)
    landmarks = np.linspace(0, 140, 68).astype(int).tolist()
    indices = {"expressions": list(shown), "idx_to_landmark_verts": landmarks}
    (folder / "vertex_indices.json").write_text(json.dumps(indices), "utf-8")
    return vertices, polygons, shown


def _write_obj(path, vertices, polygons):
    lines = ["# a mesh", "mtllib ICTFaceModelMaterial.mtl"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices]
    lines.append("vt 0.5 0.5")
    for material, faces in polygons.items():
        lines.append(f"usemtl {material}")
        lines += ["f " + " ".join(f"{corner + 1}/1" for corner in face) for face in faces]
    path.write_text("\n".join(lines) + "\n", "utf-8")
