"""The two stages of LaughTalk's training, as tasks for the trainer.

The first learns the talk of neutral speech. The second keeps it as it is, so it is performed once for each take, and
learns what laughter adds to it, and what it gets wrong.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...face.flame.model import FlameModel
from ...inference.contract import EmoTalkError
from ...inference.models import laughtalk
from ...inference.models.faceformer_decoder import FaceFormerDecoder
from ...inference.models.laughtalk import LaughTalkConfig
from ...inference.models.wav2vec2 import Wav2Vec2Config
from ..arrays import FloatArray
from ..captures.take import Take
from ..emote.audio_encoder import Convolutions, Disturbances, is_convolution, read_encoder
from ..emote.recipe import EncoderSizes
from ..task import ParameterGroup
from .batches import Batch, draw_batch, draw_laughing
from .export import Talk, export_weights, read_talk
from .face_geometry import FaceGeometry
from .figures import laughing_mask, lip_errors, residual_in_speech
from .losses import motion_losses, together
from .network import HalfNetwork
from .prepared_takes import PreparedTake, prepare_take
from .recipe import LaughRecipe, StageRecipe, TalkRecipe

_TALK_ENCODER = "talk_encoder."


class NetworkWithFace(nn.Module):
    """All that is trained, and the face to measure it on.

    Args:
        half: of LaughTalk.
        face: of the takes.
    """

    def __init__(self, half: HalfNetwork, face: FaceGeometry) -> None:
        super().__init__()
        self.branch, self.face = half, face


@dataclass(frozen=True)
class Encoder:
    """What the encoder of a stage begins with.

    Attributes:
        config: dimensions.
        weights: the convolutions, which stay, and where there are any, those of the transformer.
    """

    config: Wav2Vec2Config
    weights: dict[str, Tensor]

    @property
    def frozen(self) -> dict[str, Tensor]:
        """The convolutions."""
        return {name: weight for name, weight in self.weights.items() if is_convolution(name)}


class _Stage:
    """What both stages have."""

    def __init__(self, recipe: StageRecipe, config: LaughTalkConfig, encoder: Encoder, face: FaceGeometry) -> None:
        if problem := config.problem():
            raise EmoTalkError(f"The network of the recipe {problem}")
        self._config, self._encoder = config, encoder
        self._convolutions = Convolutions(encoder.frozen, encoder.config)
        disturbances = Disturbances(recipe.encoder_dropout, recipe.layer_drop, recipe.masked)
        half = HalfNetwork(config, encoder.config, recipe.dropout, disturbances)
        learnt = {name: weight for name, weight in encoder.weights.items() if not is_convolution(name)}
        half.audio_encoder.load_state_dict(learnt, strict=False)
        self.network = NetworkWithFace(half, face)

    def parameter_groups(self) -> list[ParameterGroup]:
        """Everything, by Adam."""
        return [ParameterGroup(list(self.network.parameters()), "adam")]

    def _tracks(self, network: nn.Module, takes: Sequence[PreparedTake]) -> list[FloatArray]:
        """(T, C) what the half performs of each whole take, by inference's decoder."""
        assert isinstance(network, NetworkWithFace)
        half = network.branch
        arrays = {name.removeprefix("decoder."): array for name, array in half.arrays().items()}
        decoder, device = FaceFormerDecoder(arrays, self._config.heads, self._config.period), half.slopes.device
        memories = (half.hear(torch.from_numpy(take.features)[None].to(device))[0] for take in takes)
        return [decoder.perform(memory.detach().float().cpu().numpy()) for memory in memories]

    def _arrays(self, network: nn.Module, name: str) -> dict[str, FloatArray]:
        """Inference's arrays of the half that has this name."""
        assert isinstance(network, NetworkWithFace)
        convolutions = {f"encoder.{each}": weight.numpy() for each, weight in self._encoder.frozen.items()}
        return {f"{name}_{each}": array for each, array in (convolutions | network.branch.arrays()).items()}


class TalkTask(_Stage):
    """The first stage.

    Args:
        recipe: all settings.
        flame: to measure takes of FLAME on; None for those of ARKit.
        takes: to train on; all of one basis.
        held_out: takes for validation.

    Raises:
        EmoTalkError: the speech encoder cannot be read, or there is no such network.
    """

    def __init__(
        self, recipe: TalkRecipe, flame: FlameModel | None, takes: Sequence[Take], held_out: Sequence[Take] = ()
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._flame, self._trained = recipe, flame, takes
        self._basis = takes[0].curves.basis
        encoder = Encoder(*read_encoder(recipe.wav2vec2, recipe.encoder))
        config = LaughTalkConfig(encoder.config, None, channels=len(self._basis), **asdict(recipe.network))
        super().__init__(recipe, config, encoder, FaceGeometry(self._basis, flame))
        self._takes = [prepare_take(take, self._convolutions, recipe.fps) for take in takes]
        self._held_out = [prepare_take(take, self._convolutions, recipe.fps) for take in held_out]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Clips anywhere in the takes; at first with the captured past."""
        recipe = self._recipe
        batch = draw_batch(self._takes, recipe.batch_size, recipe.window(recipe.fps), rng)
        return batch.with_past(batch.motion) if step < recipe.teacher_forced else batch

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See ``losses.motion_losses``."""
        return motion_losses(_performed(self.network.branch, batch), batch, self.network.face)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The error of the lips on whole held-out takes; it is the score."""
        if not self._held_out:
            return {}
        basis = self._basis
        tracks = [np.clip(each, basis.lowest, basis.highest) for each in self._tracks(network, self._held_out)]
        return lip_errors(self.network.face, self._held_out, tracks)

    def base_figures(self) -> dict[str, float]:
        """The same figures of the takes' mean face, which a talk has to beat."""
        if not self._held_out:
            return {}
        mean = np.concatenate([take.motion for take in self._takes]).mean(axis=0)
        return lip_errors(self.network.face, self._held_out, [mean + 0 * take.motion for take in self._held_out])

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write the talk, with the convolutions of its encoder, as float32."""
        arrays, fps = self._arrays(network, "talk"), self._recipe.fps
        export_weights(path, arrays, self._config, self._basis, fps, self._flame, self._trained, provenance)


class LaughTask(_Stage):
    """The second stage.

    Args:
        recipe: all settings.
        flame: to measure takes of FLAME on; None for those of ARKit.
        takes: to train on; all of one basis.
        held_out: takes for validation.

    Raises:
        EmoTalkError: nobody laughs in the takes; the talk or the speech-emotion encoder cannot be read.
    """

    def __init__(
        self, recipe: LaughRecipe, flame: FlameModel | None, takes: Sequence[Take], held_out: Sequence[Take] = ()
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._flame, self._trained = recipe, flame, takes
        self._basis = takes[0].curves.basis
        self._talk = read_talk(recipe.talk, self._basis, flame)
        encoder = _emotion_encoder(recipe.speech_emotion, self._talk)
        config = replace(self._talk.config, laugh_encoder=encoder.config)
        super().__init__(recipe, config, encoder, FaceGeometry(self._basis, flame, recipe.vertex_step))
        self._takes, self._held_out = ([self._prepared(take) for take in each] for each in (takes, held_out))
        laughing = laughing_mask(self._takes)
        if not laughing.any():
            raise EmoTalkError(
                "Nobody laughs in these takes for long enough, so the second stage has nothing to learn from; add "
                "takes with laughter, or use the weights of laughtalk-talk as they are"
            )
        captured, talked = (np.concatenate([getattr(t, part) for t in self._takes]) for part in ("motion", "talk"))
        size = np.sqrt(np.square(captured - talked)[laughing].mean())
        self._config = replace(self._config, laugh_size=max(float(size), 1e-6))

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Clips with laughs, and some anywhere; at first with what the residual should have been before."""
        recipe = self._recipe
        window = recipe.window(self._talk.model.spec.fps)
        batch = draw_laughing(self._takes, recipe.batch_size, window, recipe.anywhere, rng)
        return batch.with_past(batch.motion - batch.talk) if step < recipe.teacher_forced else batch

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See ``losses.motion_losses``, for talk and residual together."""
        residual = _performed(self.network.branch, batch)
        return motion_losses(together(batch.talk, residual, self._basis), batch, self.network.face)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """The error of the lips on whole held-out takes, and how much of the residual there is in speech."""
        if not self._held_out:
            return {}
        residuals = self._tracks(network, self._held_out)
        return lip_errors(self.network.face, self._held_out, self._together(residuals)) | residual_in_speech(
            self._held_out, residuals
        )

    def base_figures(self) -> dict[str, float]:
        """The same figures of the talk alone, which the residual has to improve."""
        if not self._held_out:
            return {}
        return lip_errors(self.network.face, self._held_out, self._together([0 * t.motion for t in self._held_out]))

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write talk and residual, with the convolutions of their encoders, as float32."""
        arrays, fps = self._talk.arrays | self._arrays(network, "laugh"), self._talk.model.spec.fps
        export_weights(path, arrays, self._config, self._basis, fps, self._flame, self._trained, provenance)

    def _prepared(self, take: Take) -> PreparedTake:
        talk = self._talk.track(take.speech)
        return prepare_take(take, self._convolutions, self._talk.model.spec.fps, talk)

    def _together(self, residuals: Sequence[FloatArray]) -> list[FloatArray]:
        """(T, C) talk and residual of each held-out take, as inference adds them."""
        pairs = zip(self._held_out, residuals, strict=True)
        ones = np.ones(max(len(residual) for residual in residuals), np.float32)
        return [
            laughtalk.together(take.talk, residual, ones[: len(residual)], self._basis)
            for take, residual in pairs
            if take.talk is not None
        ]


def _performed(half: HalfNetwork, batch: Batch) -> Tensor:
    """(B, T, C) from the captured past where the batch has it, else from what was performed before."""
    memory = half.hear(batch.features)
    # A batch always has the array, so that processes can share it out.
    return half.follow(memory, batch.past) if batch.past.numel() else half.perform(memory)


def _emotion_encoder(path: str, talk: Talk) -> Encoder:
    """The non-verbal encoder: a speech-emotion checkpoint's, or the one that the talk has learnt."""
    if path:
        return Encoder(*read_encoder(path, EncoderSizes()))
    named = ((name.removeprefix(_TALK_ENCODER), a) for name, a in talk.arrays.items() if name.startswith(_TALK_ENCODER))
    return Encoder(talk.config.talk_encoder, {name: torch.from_numpy(array) for name, array in named})
