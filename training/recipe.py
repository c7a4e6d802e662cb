"""Recipes: every setting that determines the result of a training, read from one TOML file and checked by its types."""

import hashlib
import json
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from ..inference.contract import EmoTalkError

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What the trainer reads of every recipe; a system's own recipe adds its settings.

    Attributes:
        seed: every step seeds its random numbers with it and its own number.
        steps: of the optimisers.
        batch_size: items of a step, over all processes together.
        learning_rate: between the warm-up and the decay.
        warmup_steps: over which the learning rate rises linearly.
        decay_from: step from which the learning rate falls linearly.
        decay_to: step at which it would reach 0.
        weight_decay: of parameter groups that have none of their own.
        ema_decay: of the exponential moving average of the weights, which is validated and exported.
        gradient_norm: to which gradients are clipped.
        precision: of matrix products in the network; weights are float32 always.
        log_every, save_every, validate_every: steps between two entries of the log, two checkpoints, two validations;
            0 validates at the end only.
        patience: validations without a better score after which training stops; 0 never stops early, and the last
            weights are exported, not the best.
        keep: newest checkpoints that are kept.
        preview_every: steps between two previews of a held-out take while it trains; 0 makes one at the end alone.
        losses: weight of each term of the loss.
    """

    MAY_CHANGE: ClassVar[frozenset[str]] = frozenset(
        {"steps", "log_every", "save_every", "patience", "keep", "preview_every"}
    )
    """Settings with which a run may be resumed although its checkpoints were made with others."""

    FREEZES_PARTS: ClassVar[bool] = False
    """Whether parts of the network stop learning on the way, which several processes must know."""

    seed: int = 1
    steps: int
    batch_size: int
    learning_rate: float
    warmup_steps: int = 1
    decay_from: int
    decay_to: int
    weight_decay: float = 0.0
    ema_decay: float = 0.99
    gradient_norm: float = 1.0
    precision: Literal["float32", "bfloat16"] = "float32"
    log_every: int = 25
    save_every: int = 250
    validate_every: int = 0
    patience: int = 0
    keep: int = 2
    preview_every: int = 0
    losses: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what types do not say. Raises EmoTalkError."""
        for name in ("steps", "batch_size", "warmup_steps", "log_every", "save_every", "keep"):
            if getattr(self, name) < 1:
                raise EmoTalkError(f"The recipe's {name} must be 1 or more")
        if self.decay_to <= self.decay_from:
            raise EmoTalkError("The recipe's decay_to must be later than decay_from")
        if self.patience and not self.validate_every:
            raise EmoTalkError("The recipe's patience needs validate_every")

    def learning_rate_at(self, step: int) -> float:
        """Linear warm-up, constant, linear decay; independent of the number of steps, so that runs may be extended."""
        left = (self.decay_to - step) / (self.decay_to - self.decay_from)
        return self.learning_rate * min((step + 1) / self.warmup_steps, 1, max(left, 0))

    def identity(self) -> str:
        """SHA-256 of the settings that a resumed run must share with its checkpoint."""
        settings = {name: value for name, value in asdict(self).items() if name not in self.MAY_CHANGE}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def read_recipe(kind: type[R], path: Path, changes: Mapping[str, Any] | None = None) -> R:
    """A recipe from its file.

    Args:
        kind: the dataclass of its settings.
        path: of the TOML file.
        changes: settings that replace those of the file; a table replaces only the keys that it has.

    Raises:
        EmoTalkError: a setting is missing, unknown or of a wrong type; the sentence names it.
    """
    return make_recipe(kind, overridden(read_settings(path), changes or {}), path.name)


def read_settings(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises EmoTalkError if it cannot be read or is none."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise EmoTalkError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise EmoTalkError(f"{path.name} is no TOML: {error}") from None


def overridden(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with changes: tables are merged, everything else is replaced."""
    merged = dict(settings)
    for name, value in changes.items():
        old = merged.get(name)
        merged[name] = overridden(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def make_recipe(kind: type[R], settings: Mapping[str, Any], where: str) -> R:
    """A dataclass from a table of settings, as TOML or JSON gives it.

    Raises:
        EmoTalkError: a setting is missing, unknown or of a wrong type; the sentence names it and ``where`` it stands.
    """
    assert is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    known = {each.name: each for each in fields(kind)}
    unknown = sorted(set(settings) - set(known))
    missing = sorted(
        name
        for name, each in known.items()
        if name not in settings and each.default is MISSING and each.default_factory is MISSING
    )
    for wrong, what in ((unknown, "unknown"), (missing, "missing")):
        if wrong:
            raise EmoTalkError(f"{where}: {what} settings: {', '.join(wrong)}")
    made: R = kind(**{name: _converted(hints[name], value, f"{where}: {name}") for name, value in settings.items()})
    return made


def _converted(kind: Any, value: Any, where: str) -> Any:
    """A value of a TOML file as the type that the dataclass says."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind) and isinstance(value, Mapping):
        assert isinstance(kind, type)
        return make_recipe(kind, value, where)
    if origin is dict and isinstance(value, Mapping):
        return {str(name): _converted(parts[1], each, f"{where}.{name}") for name, each in value.items()}
    if origin in (tuple, list) and isinstance(value, list | tuple):
        return origin(_converted(parts[0], each, where) for each in value)
    if origin is Literal:
        if value in parts:
            return value
        raise EmoTalkError(f"{where} is {value!r}, not one of {', '.join(map(str, parts))}")
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind is Any or (isinstance(kind, type) and type(value) is kind):
        return value
    raise EmoTalkError(f"{where} is {value!r}, which is no {getattr(kind, '__name__', kind)}")
