"""FLAME's arrays, checked, and the file that they are kept in."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..atomic_file import replacing
from ..errors import EmoTalkError
from .variants import UNKNOWN, VARIANTS, Variant

VERTICES: Final = 5023
TRIANGLES: Final = 9976
SKIN_VERTICES: Final = 3931
"""The skin comes first, then the left eyeball, then the right one."""
EYEBALL_VERTICES: Final = 546
JOINTS: Final = ("root", "neck", "jaw", "left_eye", "right_eye")
PARENTS: Final = (-1, 0, 1, 1, 1)
CORRECTIVES: Final = 9 * (len(JOINTS) - 1)
_SPLITS: Final = {400: 300, 150: 100}
"""Shape directions in a file -> how many of them are identities; the others are expressions."""


class FlameError(EmoTalkError):
    """A file that is no FLAME model; the message is a sentence."""


@dataclass(frozen=True, eq=False)
class FlameModel:
    """FLAME as its file has it: metres, Y up, the face looks along +Z, the subject's left is +X.

    Attributes:
        template: (5023, 3) the mean head.
        triangles: (9976, 3) int32.
        identities: (5023, 3, 300 or 100) for one standard deviation each.
        expressions: (5023, 3, 100 or 50) for one standard deviation each.
        correctives: (5023, 3, 36) for each entry of (R - I) of neck, jaw and eyes, row after row.
        regressor: (5, 5023) joints from vertices.
        weights: (5023, 5) of the joints, summing to 1.
        variant: which release it is.
        sha256: of the user's file; weights that were trained on one release fit no other.
    """

    template: np.ndarray
    triangles: np.ndarray
    identities: np.ndarray
    expressions: np.ndarray
    correctives: np.ndarray
    regressor: np.ndarray
    weights: np.ndarray
    variant: Variant
    sha256: str


def template_sha256(template: np.ndarray) -> str:
    """The hash of a mean head, (5023, 3) in single precision: motion for one release of FLAME fits no other."""
    return hashlib.sha256(np.ascontiguousarray(template, "<f4").data).hexdigest()


def model_from(arrays: dict[str, Any], variant: Variant, sha256: str) -> FlameModel:
    """The model in arrays that are named as in FLAME's file.

    Raises:
        FlameError: an array is missing, or has another shape or values than FLAME's.
    """
    directions = _numbers(arrays, "shapedirs")
    split = _SPLITS.get(directions.shape[-1], 0) if directions.ndim == 3 else 0
    if not split or directions.shape[:2] != (VERTICES, 3):
        raise FlameError(
            f"shapedirs is {_shape(directions)}, where FLAME has {VERTICES} x 3 x 400; choose FLAME's own model file"
        )
    triangles = _numbers(arrays, "f", (TRIANGLES, 3))
    if triangles.min() < 0 or triangles.max() >= VERTICES:
        raise FlameError("Its triangles name vertices that it does not have; download the file again")
    tree = _numbers(arrays, "kintree_table", (2, len(JOINTS)))
    if tuple(tree[0, 1:].astype(int)) != PARENTS[1:]:
        raise FlameError("Its joints hang together in another way than FLAME's; choose FLAME's own model file")
    weights = _numbers(arrays, "weights", (VERTICES, len(JOINTS)))
    if weights.min() < -1e-6 or np.abs(weights.sum(axis=1) - 1).max() > 1e-3:
        raise FlameError("Its skinning weights do not sum to 1; download the file again")
    return FlameModel(
        _numbers(arrays, "v_template", (VERTICES, 3)),
        triangles.astype(np.int32),
        directions[..., :split],
        directions[..., split:],
        _numbers(arrays, "posedirs", (VERTICES, 3, CORRECTIVES)),
        _numbers(arrays, "J_regressor", (len(JOINTS), VERTICES)),
        weights,
        variant,
        sha256,
    )


def save_model(model: FlameModel, path: Path) -> None:
    """Write the model as an .npz file of single precision, in one step.

    Raises:
        PlaceError: something other than a file is at ``path``.
        OSError: the folder cannot be written to.
    """
    with replacing(path) as part, part.open("wb") as file:
        np.savez(
            file,
            v_template=model.template.astype(np.float32),
            f=model.triangles,
            shapedirs=np.concatenate([model.identities, model.expressions], axis=2).astype(np.float32),
            posedirs=model.correctives.astype(np.float32),
            J_regressor=model.regressor.astype(np.float32),
            kintree_table=np.array([PARENTS, range(len(JOINTS))]),
            weights=model.weights.astype(np.float32),
            variant=np.array(model.variant.name),
            sha256=np.array(model.sha256),
        )


def load_model(path: Path) -> FlameModel:
    """The model that ``save_model`` wrote.

    Raises:
        FlameError: the file is damaged or something else.
        OSError: it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError:
        raise
    except Exception:  # zip files and array headers can be damaged in many ways
        raise FlameError(f"{path.name} is damaged; import FLAME's own file again") from None
    variant = VARIANTS.get(str(arrays.get("variant", "")), UNKNOWN)
    return model_from(arrays, variant, str(arrays.get("sha256", "")))


def _numbers(arrays: dict[str, Any], name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """An array as float64."""
    values = arrays.get(name)
    if not isinstance(values, np.ndarray):
        raise FlameError(f"The file has no array {name}; choose FLAME's own model file")
    if shape is not None and values.shape != shape:
        wanted = " x ".join(map(str, shape))
        raise FlameError(f"{name} is {_shape(values)}, where FLAME has {wanted}; choose FLAME's own model file")
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise FlameError(f"{name} has values that are no numbers; download the file again")
    return numbers


def _shape(values: np.ndarray) -> str:
    return " x ".join(map(str, values.shape)) or "a single number"
