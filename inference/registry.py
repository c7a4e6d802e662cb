"""The models there are, by id. A model's module is imported when it is asked for."""

from collections.abc import Callable, Mapping
from typing import Final

from .contract import EmoTalkError, FaceModel
from .weights import bundled_weights

DEFAULT_MODEL: Final = "emotalk-compact"


def load_model(model_id: str) -> FaceModel:
    """A model with its weights.

    Raises:
        EmoTalkError: there is no such model, or its weights are missing or damaged.
    """
    if model_id not in _LOADERS:
        raise EmoTalkError(f"There is no model named {model_id!r}; there are: {', '.join(_LOADERS)}")
    return _LOADERS[model_id]()


def model_ids() -> tuple[str, ...]:
    """The ids of all models."""
    return tuple(_LOADERS)


def _load_compact() -> FaceModel:
    from .models.compact import EmoTalkCompact

    return EmoTalkCompact.load(bundled_weights(DEFAULT_MODEL))


_LOADERS: Final[Mapping[str, Callable[[], FaceModel]]] = {DEFAULT_MODEL: _load_compact}
