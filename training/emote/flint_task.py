"""The training of FLINT on takes of FLAME's curves, as a task for the trainer."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...face import landmarks
from ...face.flame.model import VERTICES, FlameModel
from ...inference.models.flint import FlintConfig
from ..captures.take import Take
from ..task import SCORE, ParameterGroup
from .batches import draw_motion
from .export import export_flint
from .flame_vertices import FlameVertices, expressions_of
from .flint_network import FlintDecoder, FlintEncoder
from .lip_geometry import LipGeometry
from .losses import divergence, vertex_loss
from .prepared_takes import motion_of
from .recipe import FlintRecipe


class FlintNetwork(nn.Module):
    """The autoencoder, and FLAME to measure it on.

    Args:
        config: dimensions.
        model: FLAME.
        vertices: of FLAME on which the error is measured.
    """

    def __init__(self, config: FlintConfig, model: FlameModel, vertices: Sequence[int]) -> None:
        super().__init__()
        self.config = config
        self.motion_encoder, self.motion_decoder = FlintEncoder(config), FlintDecoder(config)
        self.flame = FlameVertices(model, config.expressions, vertices)


class FlintTask:
    """The training on takes.

    Args:
        recipe: all settings.
        model: FLAME.
        takes: to train on; all of one basis of FLAME.
        held_out: takes for validation.

    Raises:
        EmoTalkError: the takes are not FLAME's, or there can be no network of the recipe's sizes.
    """

    def __init__(
        self, recipe: FlintRecipe, model: FlameModel, takes: Sequence[Take], held_out: Sequence[Take] = ()
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._model, self._count = recipe, model, len(takes)
        config = FlintConfig(expressions_of(takes[0].curves.basis), **asdict(recipe.network))
        self._motions = [motion_of(take) for take in takes]
        self._held_out = [motion_of(take) for take in held_out]
        self.network = FlintNetwork(config, model, range(0, VERTICES, recipe.vertex_step))
        self._lips = LipGeometry(model, config.expressions, np.zeros((0, len(landmarks.LIPS), 3)))

    def parameter_groups(self) -> list[ParameterGroup]:
        """Everything, by Adam."""
        return [ParameterGroup(list(self.network.parameters()), "adam")]

    def draw(self, _step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Random windows, and the noise by which latents are sampled."""
        recipe, config = self._recipe, self.network.config
        motion = draw_motion(self._motions, recipe.batch_size, recipe.window, rng)
        shape = (recipe.batch_size, recipe.window // config.frames_per_latent, config.width)
        return {"motion": motion, "noise": torch.from_numpy(rng.standard_normal(shape, np.float32))}

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The error of the vertices and of the gap between the lips in square millimetres, and the latents' divergence.

        Few vertices are lips, and few frames are closures: without the gap, an average face of small error loses them.
        """
        network, motion = self.network, batch["motion"]
        mean, logvar = network.motion_encoder(motion)
        moved = network.motion_decoder(mean + torch.exp(logvar / 2) * batch["noise"])
        valid = torch.ones_like(motion[..., 0])
        return {
            "vertices": vertex_loss(network.flame(moved), network.flame(motion), valid).mean(),
            "gaps": self._lips.gap_error(self._lips.mouth(moved), self._lips.mouth(motion)).mean(),
            "divergence": divergence(mean, logvar),
        }

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The root mean square error of the vertices in millimetres, from the means of the latents; it is the score."""
        if not self._held_out:
            return {}
        assert isinstance(network, FlintNetwork)
        device, squares, frames = next(network.parameters()).device, 0.0, 0
        for motion in self._held_out:
            whole = len(motion) // network.config.frames_per_latent * network.config.frames_per_latent
            rows = torch.from_numpy(motion[None, :whole]).to(device)
            moved = network.motion_decoder(network.motion_encoder(rows)[0])
            error = vertex_loss(network.flame(moved), network.flame(rows), torch.ones_like(rows[..., 0]))
            squares, frames = squares + error.item() * whole, frames + whole
        error_mm = (squares / max(frames, 1)) ** 0.5
        return {SCORE: error_mm, "vertices_mm": error_mm}

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write encoder and decoder as float32."""
        assert isinstance(network, FlintNetwork)
        parts = {"motion_encoder": network.motion_encoder, "motion_decoder": network.motion_decoder}
        arrays = {f"{part}.{name}": a for part, weights in parts.items() for name, a in weights.arrays().items()}
        described = {"trained_on": f"{self._count} takes", **provenance}
        export_flint(path, arrays, network.config, self._model, described)
