"""An actor's style for weights of EmoTalk: the base frozen, with low-rank weights behind what a line keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face.controls import Controls
from ...inference.checkpoints.actor_weights import LEFT, RIGHT, ActorWeights
from ...inference.checkpoints.earlier_names import with_todays_names
from ...inference.checkpoints.library import InstalledWeights
from ...inference.checkpoints.safetensors_file import read_metadata, read_safetensors
from ...inference.contract import EmoTalkError, FaceModel
from ...inference.models.emotalk import EmoTalk, EmoTalkConfig
from ...inference.models.emotalk_actor import ADAPTED, STYLE, load, with_actor
from ...inference.models.layers import LAYER_NORM_EPS
from ...inference.registry import NETWORKS, read_spec
from ..arrays import FloatArray
from ..captures.project import Project, ReadTakes
from ..captures.take import Labels
from ..finetuning.low_rank import adapt, factors
from ..finetuning.preset import make_actor_task, with_recordings
from ..finetuning.recipe import ActorRecipe
from ..finetuning.system import ActorNetwork
from ..finetuning.task import ActorTask
from ..preset import Preset, check_arkit
from .network import attend, periodic_bias
from .task import controls_of

RECIPE: Final = Path(__file__).parent / "emotalk-actor.toml"


class EmoTalkActorNetwork(ActorNetwork):
    """EmoTalk's decoder behind what a line keeps, with one style.

    Args:
        arrays: of the base.
        config: of the base.
        rank: of the low-rank weights.
    """

    def __init__(self, arrays: Mapping[str, FloatArray], config: EmoTalkConfig, rank: int) -> None:
        super().__init__()
        self._config = config
        self.decoder = nn.ModuleDict()
        for name in (*ADAPTED, "level", "style"):
            matrix = _tensor(arrays[f"{name}.weight"])
            matrix = matrix[:, :1] if name == "style" else matrix
            layer = nn.Linear(matrix.shape[1], matrix.shape[0])
            layer.load_state_dict({"weight": matrix, "bias": _tensor(arrays[f"{name}.bias"])})
            self.decoder[_key(name)] = layer
        known = config.content + config.emotion
        self.condition = nn.Parameter(_tensor(arrays["decoder.self_attention.qkv_proj.weight"])[:, known:])
        self.norms = nn.ModuleList(nn.LayerNorm(config.fused, LAYER_NORM_EPS) for _ in range(3))
        for number, norm in enumerate(self.norms):
            state = {kind: _tensor(arrays[f"decoder.norms.{number}.{kind}"]) for kind in ("weight", "bias")}
            norm.load_state_dict(state)
        adapt(self, [f"decoder.{_key(name)}" for name in ADAPTED], rank)
        self.style_parameters()[0].requires_grad_(True)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """See ``ActorNetwork``."""
        kept, levels = batch["fused"], batch["levels"]
        steps = torch.stack([1 - levels, levels], dim=1)
        condition = torch.cat([self.decoder["level"](steps), self.decoder["style"](torch.ones_like(steps[:, :1]))], 1)
        fused = torch.cat([kept, condition[:, None].expand(-1, kept.shape[1], -1)], dim=2)
        attention = batch["attention"] + (condition @ self.condition.t())[:, None]
        bias = periodic_bias(kept.shape[1], self._config, kept.device)
        attended = attend(attention, self._config.decoder_heads, bias)
        hidden = self.norms[0](fused + self._linear("decoder.self_attention.out_proj", attended))
        hidden = self.norms[1](hidden + batch["guidance"])
        inner = functional.relu(self._linear("decoder.feed_forward.intermediate_dense", hidden))
        hidden = self.norms[2](hidden + self._linear("decoder.feed_forward.output_dense", inner))
        return self._linear("blendshapes", hidden)

    def style_parameters(self) -> list[nn.Parameter]:
        """The actor's column among the styles."""
        return [self.decoder["style"].get_parameter("weight")]

    def changes(self) -> dict[str, FloatArray]:
        """See ``ActorNetwork``; in the base's file, matrices are (out, in)."""
        arrays = {STYLE: self.style_parameters()[0].detach().cpu().numpy()}
        names = {f"{_key(name)}.weight": f"{name}.weight" for name in ADAPTED}
        for place, up, down in factors(self.decoder):
            arrays[names[place] + LEFT], arrays[names[place] + RIGHT] = up, down
        return {name: np.asarray(array, np.float32, order="C") for name, array in arrays.items()}

    def _linear(self, name: str, rows: Tensor) -> Tensor:
        result: Tensor = self.decoder[_key(name)](rows)
        return result


class EmoTalkSystem:
    """Weights of EmoTalk as a base.

    Args:
        base: the weights.
        rank: of the low-rank weights.

    Raises:
        EmoTalkError: they are no weights of EmoTalk, or of one with positional encoding.
    """

    kind: Final = "emotalk-actor"

    def __init__(self, base: InstalledWeights, rank: int) -> None:
        self._base = EmoTalk.load(base.path, base.spec)
        if self._base.config.periodic_encoding:
            raise EmoTalkError(f"{base.model_id} has a positional encoding, which a style cannot be trained for here")
        self.model: FaceModel = self._base
        arrays = with_todays_names(read_safetensors(base.path, mapped=True)[0])
        self.network: ActorNetwork = EmoTalkActorNetwork(arrays, self._base.config, rank)

    def controls(self, labels: Labels) -> Controls:
        """See ``controls_of``."""
        return controls_of(labels)

    def with_actor(self, weights: ActorWeights) -> FaceModel:
        """See ``ActorSystem``."""
        return with_actor(self._base, weights, self.kind)


def make_task(project: Project, read: ReadTakes, recipe: ActorRecipe) -> ActorTask:
    """The training on the takes of a project. Raises EmoTalkError for another basis, or without a base."""
    check_arkit(project, "EmoTalk")
    if not recipe.base:
        raise EmoTalkError("Say which weights of EmoTalk the style is for: --set base=NAME, of emotalk weights list")
    return make_actor_task(project, read, recipe, EmoTalkSystem)


def load_exported(path: Path) -> FaceModel:
    """The exported file as a model."""
    return load(path, read_spec(NETWORKS[EmoTalkSystem.kind], read_metadata(path)))


def _key(name: str) -> str:
    """A name for ``nn.ModuleDict``, where dots may not be."""
    return name.replace(".", "_")


def _tensor(array: FloatArray) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))


EMOTALK_ACTOR: Final = Preset(
    "EmoTalk with an actor's own style",
    RECIPE,
    ActorRecipe,
    with_recordings(make_task),
    "emotalk-actor.safetensors",
    load_exported,
    "emotalk",
)
