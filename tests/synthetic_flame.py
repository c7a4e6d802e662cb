"""A model of FLAME's size and layout made by code, and pickles of it as the releases wrote theirs. Nothing is FLAME's.

The skin is a net of 31 spokes and 126 rings from the slit of the mouth to the neck, laid on the built-in head, with 25
triangles split so that it has as many vertices as FLAME's; vertices are numbered so that the 68 landmarks lie where
FLAME has them. The expressions are bumps on the face.
"""

import io
import pickle
import struct
import sys
import types
from contextlib import contextmanager
from functools import cache

import numpy as np
from emotalk.face import landmarks
from emotalk.face.sample_head import build_sample_head
from emotalk.face.sample_head.cage import cast
from emotalk.face.sample_head.landmarks import sample_landmarks
from emotalk.face.sample_head.parts import placed

SPOKES, RINGS, SPLIT = 31, 126, 25
EYE_CENTRES = ((30.0, -72.5, 174.0), (-30.0, -72.5, 174.0))
SHIFT = np.array([0, 0.13, -0.01])


def arrays(directions=400):
    """The arrays of a model by FLAME's names; 400 directions (300 identities) or 150 (100 identities)."""
    return _arrays(directions)


@cache
def _arrays(directions):
    skin, triangles, spoke = _skin()
    order = _numbering(skin, spoke)
    place = np.argsort(order)
    skin, spoke, triangles = skin[order], spoke[order], place[triangles]
    eyes = [_eyeball(centre) for centre in EYE_CENTRES]
    vertices = np.concatenate([skin, *(points for points, _ in eyes)])
    faces = [triangles, *(faces + 3931 + 546 * k for k, (_, faces) in enumerate(eyes))]
    lower = np.concatenate([spoke, np.zeros(1092)])
    flame = np.stack([vertices[:, 0], vertices[:, 2], -vertices[:, 1]], axis=1) - SHIFT
    weights, regressor = _rig(vertices, lower)
    expressions = 100 if directions == 400 else 50
    rng = np.random.default_rng(5)
    bumps = [
        *(_bump(flame, rng, k, 0.10, 2e-3, None) for k in range(directions - expressions)),
        *(_bump(flame, rng, k, 0.018, 3e-3, lower) for k in range(expressions)),
    ]
    return {
        "v_template": flame,
        "f": np.concatenate(faces).astype(np.uint32),
        "shapedirs": np.stack(bumps, axis=2),
        "posedirs": np.stack([_bump(flame, rng, k, 0.05, 2e-3, None) for k in range(36)], axis=2),
        "J_regressor": regressor,
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.int64),
        "weights": weights,
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


@cache
def _skin():
    """(3931, 3) metres with Z up, triangles, and how much each vertex belongs to the lower jaw."""
    turn = 2 * np.pi * np.arange(SPOKES) / SPOKES
    directions, below = [], []
    for ring in np.linspace(0, 1, RINGS) ** 1.3:
        x = 25.5 * np.cos(turn) * (1 + 1.6 * np.sin(np.pi * ring)) * (1 - 0.1 * ring)
        z = 112 + np.sin(turn) * (0.6 + 190 * ring * (1 - ring) + 10 * ring)
        angle = np.pi * ring**1.1
        direction = np.stack(
            [x / 95 + 0 * z, -np.cos(angle) + 0 * z, (z - 150) / 95 * (1 - ring) + 0.25 * ring], axis=1
        )
        direction[:, 2] += 0.001 * np.sin(turn)
        directions.append(direction)
        below.append((np.sin(turn) < 0) * np.clip(1.4 - 2.5 * ring, 0, 1))
    below = np.concatenate(below)
    points = cast(np.tile((0.0, 0.0, 150.0), (len(below), 1)), np.concatenate(directions), 170)
    net = np.arange(SPOKES * RINGS).reshape(RINGS, SPOKES)
    a, b, c, d = net[:-1], np.roll(net[:-1], -1, 1), np.roll(net[1:], -1, 1), net[1:]
    triangles = np.concatenate([np.stack([a, b, c], 2).reshape(-1, 3), np.stack([a, c, d], 2).reshape(-1, 3)])
    for k in range(SPLIT):
        (p, q, r), new = triangles[40 * k], len(points)
        points = np.vstack([points, points[[p, q, r]].mean(axis=0)])
        below = np.append(below, below[[p, q, r]].mean())
        triangles[40 * k] = p, q, new
        triangles = np.vstack([triangles, [(q, r, new), (r, p, new)]])
    return placed(points), triangles, below


def _numbering(skin, below):
    """Which vertex of the net becomes which vertex of the model."""
    places = build_sample_head().parts["skin"].vertices[sample_landmarks()].astype(float)
    free = np.ones(len(skin), bool)
    order = np.full(3931, -1)
    for mark, (number, place) in enumerate(zip(landmarks.FLAME, places, strict=True)):
        is_lower, is_upper = mark in landmarks.LOWER_LIP, mark in landmarks.UPPER_LIP
        allowed = free & (below > 0.5 if is_lower else below < 0.5 if is_upper else True)
        apart = np.where(allowed, np.linalg.norm(skin - place, axis=1), np.inf)
        order[number] = apart.argmin()
        free[order[number]] = False
    order[order < 0] = np.flatnonzero(free)
    return order


def _eyeball(centre):
    """546 vertices: 17 rings of 32 and two poles; 1088 triangles."""
    polar = np.pi * np.arange(1, 18) / 18
    turn = 2 * np.pi * np.arange(32) / 32
    rings = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(turn),
            -np.cos(polar)[:, None] + 0 * turn,
            np.sin(polar)[:, None] * np.sin(turn),
        ],
        axis=2,
    )
    points = np.concatenate([rings.reshape(-1, 3), [(0, -1, 0), (0, 1, 0)]])
    net = np.arange(544).reshape(17, 32)
    a, b, c, d = net[:-1], np.roll(net[:-1], -1, 1), np.roll(net[1:], -1, 1), net[1:]
    triangles = [np.stack([a, c, b], 2).reshape(-1, 3), np.stack([a, d, c], 2).reshape(-1, 3)]
    triangles += [np.stack([net[0], np.roll(net[0], -1), np.full(32, 544)], 1)]
    triangles += [np.stack([np.roll(net[-1], -1), net[-1], np.full(32, 545)], 1)]
    return placed(18 * points + centre), np.concatenate(triangles)


def _rig(vertices, below):
    """Weights (5023, 5) and a regressor (5, 5023)."""
    neck = np.clip((vertices[:, 2] - 0.02) / 0.06, 0, 1)
    weights = np.zeros((5023, 5))
    weights[:, 0], weights[:, 1] = 1 - neck, neck * (1 - below)
    weights[:, 2] = neck * below
    weights[3931:] = 0
    weights[3931:4477, 3] = weights[4477:, 4] = 1
    joints = placed([(0, 20, 24), (0, 10, 90), (0, -14, 138), *EYE_CENTRES])
    regressor = np.zeros((5, 5023))
    for joint, place in enumerate(joints[:3]):
        near = np.argsort(np.linalg.norm(vertices[:3931] - place, axis=1))[:40]
        regressor[joint, near] = 1 / 40
    regressor[3, 3931:4477] = regressor[4, 4477:] = 1 / 546
    return weights, regressor


def _bump(vertices, rng, number, width, height, below):
    """One direction: a bump somewhere on the face; on the lower or the upper lip only, where these are told apart."""
    centre = vertices[landmarks.FLAME[17 + 7 * number % 51]] + rng.normal(scale=0.006, size=3)
    share = np.exp(-((vertices - centre) ** 2).sum(axis=1) / width**2)
    if below is not None:
        share = share * (below if rng.random() < 0.5 else 1 - below)
        share[3931:] = 0
    return np.outer(share, rng.normal(size=3) * height)


class FakeChumpy:
    """Pickles like ``chumpy.ch.Ch``: a dictionary with the array and what hangs on it."""

    def __init__(self, x):
        self.x = x
        self._dirty_vars = {"x"}
        self._itr = None


FakeChumpy.__module__, FakeChumpy.__name__, FakeChumpy.__qualname__ = "chumpy.ch", "Ch", "Ch"


class FakeSparse:
    """Pickles like ``scipy.sparse.csc_matrix`` without SciPy."""

    def __init__(self, dense):
        rows, columns = np.nonzero(dense.T)[::-1]
        self._shape = dense.shape
        self.indices = rows.astype(np.int32)
        self.indptr = np.searchsorted(columns, np.arange(dense.shape[1] + 1)).astype(np.int32)
        self.data = dense[rows, columns]
        self.maxprint = 50


FakeSparse.__module__, FakeSparse.__name__, FakeSparse.__qualname__ = "scipy.sparse.csc", "csc_matrix", "csc_matrix"


_MADE = ("chumpy", "chumpy.ch", "scipy", "scipy.sparse", "scipy.sparse.csc")


@contextmanager
def _modules():
    """Modules of these names, so that pickle can write the names of their classes."""
    made = {name: types.ModuleType(name) for name in _MADE}
    made["chumpy.ch"].Ch, made["scipy.sparse.csc"].csc_matrix = FakeChumpy, FakeSparse
    before = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def pickled(content, protocol, chumpy=False, sparse=True):
    """A pickle of Python 3."""
    content = dict(content)
    if chumpy:
        content.update({name: FakeChumpy(content[name]) for name in ("v_template", "shapedirs", "posedirs")})
    if sparse:
        content["J_regressor"] = FakeSparse(content["J_regressor"])
    with _modules():
        return pickle.dumps(content, protocol)


_SHOWN = [chr(b) if 32 <= b < 127 and b not in (39, 92) else f"\\x{b:02x}" for b in range(256)]
_ESCAPES = np.array([list(text.ljust(4, "\0").encode()) for text in _SHOWN], np.uint8)


class Python2Pickle:
    """Writes what Python 2 wrote: bytes as strings, names of Python 2, protocol 0 as text or protocol 2."""

    def __init__(self, protocol):
        self.out = io.BytesIO()
        self.protocol = protocol
        if protocol:
            self.out.write(pickle.PROTO + bytes([protocol]))

    def dumps(self, content):
        self.value(content)
        return self.out.getvalue() + pickle.STOP

    def string(self, data):
        if self.protocol:
            self.out.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        else:
            text = _ESCAPES[np.frombuffer(data, np.uint8)]
            self.out.write(b"S'" + text[text != 0].tobytes() + b"'\n")

    def name(self, module, name):
        self.out.write(f"c{module}\n{name}\n".encode())

    def tuple(self, *values):
        self.out.write(pickle.MARK)
        for value in values:
            self.value(value)
        self.out.write(pickle.TUPLE)

    def dictionary(self, content):
        self.out.write(pickle.MARK + pickle.DICT)
        for key, value in content.items():
            self.value(key)
            self.value(value)
            self.out.write(pickle.SETITEM)

    def array(self, array):
        self.name("numpy.core.multiarray", "_reconstruct")
        self.out.write(pickle.MARK)
        self.name("numpy", "ndarray")
        self.tuple(0)
        self.string(b"b")
        self.out.write(pickle.TUPLE + pickle.REDUCE + pickle.MARK)
        self.value(1)
        self.tuple(*array.shape)
        self.name("numpy", "dtype")
        self.tuple(array.dtype.str[1:].encode(), 0, 1)
        self.out.write(pickle.REDUCE)
        self.tuple(3, array.dtype.str[:1].encode(), None, None, None, -1, -1, 0)
        self.out.write(pickle.BUILD)
        is_fortran = not array.flags.c_contiguous
        self.value(int(is_fortran))
        self.string(array.tobytes("F" if is_fortran else "C"))
        self.out.write(pickle.TUPLE + pickle.BUILD)

    def instance(self, module, name, state):
        if self.protocol:
            self.name(module, name)
            self.out.write(pickle.EMPTY_TUPLE + pickle.NEWOBJ)
        else:
            self.name("copy_reg", "_reconstructor")
            self.out.write(pickle.MARK)
            self.name(module, name)
            self.name("__builtin__", "object")
            self.out.write(pickle.NONE + pickle.TUPLE + pickle.REDUCE)
        self.value(state)
        self.out.write(pickle.BUILD)

    def value(self, value):
        if isinstance(value, np.ndarray):
            self.array(value)
        elif isinstance(value, FakeChumpy):
            self.instance("chumpy.ch", "Ch", {b"x": value.x, b"_itr": None})
        elif isinstance(value, FakeSparse):
            state = {b"_shape": value._shape, b"indices": value.indices, b"indptr": value.indptr, b"data": value.data}
            self.instance("scipy.sparse.csc", "csc_matrix", state)
        elif isinstance(value, dict):
            self.dictionary(value)
        elif isinstance(value, tuple):
            self.tuple(*value)
        elif isinstance(value, (bytes, str)):
            self.string(value if isinstance(value, bytes) else value.encode())
        elif value is None:
            self.out.write(pickle.NONE)
        else:
            self.out.write(b"I" + str(int(value)).encode() + b"\n")


def pickled_by_python_2(content, protocol):
    """As the releases of 2017 to 2020: chumpy, a sparse regressor, strings of bytes."""
    content = dict(content)
    content.update({name: FakeChumpy(content[name]) for name in ("v_template", "shapedirs", "posedirs")})
    content["J_regressor"] = FakeSparse(content["J_regressor"])
    return Python2Pickle(protocol).dumps(content)
