"""The training of EMOTE in two stages, as a task for the trainer.

The first stage learns to move like the captured face, and trains the classifier that stands in where there is no
video-emotion network. The second freezes the speech encoder and lets clips exchange their emotions: what is decoded
with another clip's emotion has to say the same with its lips, and to show that clip's emotion.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...face.emotions import EMOTIONS
from ...face.flame.model import VERTICES, FlameModel
from ...inference.contract import EmoTalkError
from ...inference.models.emote import FPS, INTENSITIES, MODEL_ID, MOST_IDENTITIES, EmoteConfig
from ...inference.registry import NETWORKS, read_spec
from ..arrays import FloatArray
from ..captures.take import Take
from ..task import SCORE, ParameterGroup
from .audio_encoder import Convolutions, Disturbances, is_convolution, read_encoder
from .batches import Batch, ExchangedBatch, draw_batch, exchange
from .disentanglement import NONE, compare_closures
from .emotion_classifier import EmotionClassifier, EmotionDistance
from .export import export_emote, read_prior
from .flame_vertices import FlameVertices, expressions_of
from .lip_geometry import LipGeometry, viseme_poses
from .losses import SQUARE_MM, vertex_loss
from .network import EmoteNetwork
from .perception import Perception, Performed, load_perception
from .prepared_takes import PreparedTake, prepare_takes
from .pretraining import pretrain_convolutions
from .recipe import EmoteRecipe

_LEAST_MOTION = 1e-3
"""Millimetres; of takes that hardly move."""
_STEP = 0.1
"""Of a channel, over which what it moves counts as linear."""
_MIDDLE_GAP = 1
"""Of the three between the inner lips."""


class NetworkWithClassifier(nn.Module):
    """All that is trained, and FLAME to measure it on.

    Args:
        network: EMOTE.
        classifier: of emotions; it is not exported.
        model: FLAME.
        vertices: of FLAME on which the error of vertices is measured.
    """

    def __init__(
        self, network: EmoteNetwork, classifier: EmotionClassifier, model: FlameModel, vertices: Sequence[int]
    ) -> None:
        super().__init__()
        self.emote, self.classifier = network, classifier
        self.flame = FlameVertices(model, network.config.prior.expressions, vertices)


class EmoteTask:
    """The training on takes.

    Args:
        recipe: all settings.
        model: FLAME.
        takes: to train on; all of one basis of FLAME.
        held_out: takes for validation.

    Raises:
        EmoTalkError: the takes are not FLAME's or have emotions that are none of the eight; the prior, the speech
            encoder or a network of the user's own cannot be read.
    """

    def __init__(
        self, recipe: EmoteRecipe, model: FlameModel, takes: Sequence[Take], held_out: Sequence[Take] = ()
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe, self._model = recipe, model
        self._actors = tuple(dict.fromkeys(take.labels.actor for take in takes))
        _check_names(self._actors)
        prior, decoder = read_prior(recipe.prior, expressions_of(takes[0].curves.basis), model)
        encoder, weights = read_encoder(recipe.wav2vec2, recipe.encoder)
        convolutions = {name: weight for name, weight in weights.items() if is_convolution(name)}
        if not recipe.wav2vec2 and recipe.convolution_steps:
            speeches = [take.speech for take in takes]
            convolutions = pretrain_convolutions(convolutions, encoder, speeches, recipe.convolution_steps, recipe.seed)
        self._convolutions = Convolutions(convolutions, encoder)
        self._takes = prepare_takes(takes, self._actors, self._convolutions)
        self._held_out = prepare_takes(held_out, self._actors, self._convolutions)
        config = EmoteConfig(encoder=encoder, identities=len(self._actors), prior=prior, **asdict(recipe.network))
        if problem := config.problem() or _window_problem(recipe, config):
            raise EmoTalkError(f"The network of the recipe {problem}")
        disturbances = Disturbances(recipe.encoder_dropout, recipe.layer_drop, recipe.masked)
        emote = EmoteNetwork(config, recipe.dropout, disturbances)
        emote.motion_decoder.take(decoder)
        learnt = {name: weight for name, weight in weights.items() if not is_convolution(name)}
        emote.audio_encoder.load_state_dict(learnt, strict=False)
        vertices = range(0, VERTICES, recipe.vertex_step)
        self._head = FlameVertices(model, prior.expressions)
        self.network = NetworkWithClassifier(emote, self._new_classifier(), model, vertices)
        self._lips = LipGeometry(model, prior.expressions, viseme_poses(model))
        self._reading: Perception = load_perception(recipe.lip_reading, model) if recipe.lip_reading else self._lips
        self._feeling: Perception | None = (
            load_perception(recipe.video_emotion, model) if recipe.video_emotion else None
        )

    def parameter_groups(self) -> list[ParameterGroup]:
        """Everything but the prior, by Adam; the speech encoder gets no gradients in the second stage."""
        return [ParameterGroup([each for each in self.network.parameters() if each.requires_grad], "adam")]

    def draw(self, step: int, rng: np.random.Generator) -> Batch:
        """Random windows; in the second stage they exchange their emotions."""
        recipe = self._recipe
        batch = draw_batch(self._takes, len(self._actors), recipe.batch_size, recipe.window, rng)
        return exchange(batch, rng) if step >= recipe.exchange_from else batch

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of the stage that the batch is of; those of the other stage are 0."""
        if isinstance(batch, ExchangedBatch):
            return self._second_stage(batch)
        network = self.network
        motion = network.emote.perform(network.emote.hear(batch.features, learns=True), batch.condition)
        emotion, level = network.classifier.logits(batch.motion, batch.valid)
        wanted = batch.condition[:, : len(EMOTIONS)], batch.condition[:, len(EMOTIONS) :][:, :INTENSITIES]
        zero = motion.new_zeros(())
        return {
            "vertices": vertex_loss(network.flame(motion), network.flame(batch.motion), batch.valid).mean(),
            **dict.fromkeys(("lips", "emotion", "lips_exchanged", "emotion_exchanged"), zero),
            "classes": functional.cross_entropy(emotion, wanted[0]),
            "levels": functional.cross_entropy(level, wanted[1]),
        }

    def _second_stage(self, batch: ExchangedBatch) -> dict[str, Tensor]:
        network, feeling = self.network, self._feeling or EmotionDistance(self.network.classifier)
        audio = network.emote.hear(batch.features, learns=False)
        both = network.emote.perform(torch.cat([audio, audio]), torch.cat([batch.condition, batch.exchanged]))
        motions = (*both.chunk(2), batch.motion, batch.other_motion)
        own, exchanged, captured, others = (Performed(motion, self._head) for motion in motions)
        # Vertices are known for the own emotion only; lips come from the own sound, the emotion from the condition.
        terms = {
            "vertices": vertex_loss(network.flame(own.motion), network.flame(batch.motion), batch.valid),
            "lips": self._reading.distance(own, captured, batch.valid),
            "emotion": feeling.distance(own, captured, batch.valid),
            "lips_exchanged": self._reading.distance(exchanged, captured, batch.valid),
            "emotion_exchanged": feeling.distance(exchanged, others, batch.other_valid),
        }
        zero = both.new_zeros(())
        return {name: term.mean() for name, term in terms.items()} | {"classes": zero, "levels": zero}

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures on the held-out takes, each also with every other emotion that was trained.

        Returns:
            ``vertices_mm``, the root mean square error with the own emotion, which is the score; ``emotion_shown``, the
            share of performances with another emotion that the classifier recognises as that one; ``closures_moved``,
            the lip closures that are lost or added by another emotion, as a share of all.
        """
        if not self._held_out:
            return {}
        assert isinstance(network, NetworkWithClassifier)
        squares, shown, closures = [], [], NONE
        for take in self._held_out:
            audio = network.emote.hear(self._rows(network, take.features), learns=False)
            captured = self._rows(network, take.motion)
            own = network.emote.perform(audio, torch.from_numpy(take.condition(len(self._actors)))[None].to(audio))
            valid = torch.ones_like(captured[..., 0])
            squares.append(vertex_loss(network.flame(own), network.flame(captured), valid).item())
            gap = self._gap(own)
            for emotion, condition in self._other_conditions(take):
                other = network.emote.perform(audio, condition.to(audio))
                shown.append(network.classifier.logits(other, valid)[0].argmax().item() == emotion)
                closures += compare_closures(gap, self._gap(other), FPS)
        error_mm = float(np.mean(squares)) ** 0.5
        figures = {SCORE: error_mm, "vertices_mm": error_mm}
        return figures | ({"emotion_shown": float(np.mean(shown)), "closures_moved": closures.moved} if shown else {})

    def export(self, network: nn.Module, path: Path, provenance: dict[str, str]) -> None:
        """Write EMOTE with its prior and the convolutions of its speech encoder as float32."""
        assert isinstance(network, NetworkWithClassifier)
        convolutions = {f"audio_encoder.{name}": w.numpy() for name, w in self._convolutions.weights.items()}
        described = {"trained_on": f"{len(self._takes)} takes", **provenance}
        config = network.emote.config
        export_emote(path, convolutions | network.emote.arrays(), config, self._actors, self._model, described)

    def _new_classifier(self) -> EmotionClassifier:
        motion = np.concatenate([take.motion for take in self._takes])
        # Motion counts by what it moves: expressions overlap, and the prior leaves out those mixes of them that hardly
        # show. Emotions must not hide there.
        shown = (motion - motion.mean(axis=0)) @ (axes := _visible_axes(self._head))
        scale = (axes / max(float(np.sqrt(np.square(shown).mean())), _LEAST_MOTION)).astype(np.float32)
        return EmotionClassifier(motion.mean(axis=0), scale, self._recipe.classifier_width)

    def _other_conditions(self, take: PreparedTake) -> list[tuple[int, Tensor]]:
        """Index and condition of each trained emotion that the take does not show, at a level that was trained."""
        conditions: dict[int, Tensor] = {}
        for other in self._takes:
            if other.emotion != take.emotion:
                row = other.condition(len(self._actors))
                row[len(EMOTIONS) + INTENSITIES :] = take.condition(len(self._actors))[len(EMOTIONS) + INTENSITIES :]
                conditions.setdefault(other.emotion, torch.from_numpy(row)[None])
        return sorted(conditions.items())

    def _gap(self, motion: Tensor) -> FloatArray:
        """(T,) millimetres between the middles of the inner lips."""
        return np.asarray(self._lips.gaps(self._lips.mouth(motion))[0, :, _MIDDLE_GAP].detach().cpu().numpy())

    def _rows(self, network: NetworkWithClassifier, rows: np.ndarray) -> Tensor:
        """(1, T, columns) of a take's rows, without those at the end that do not fill a latent."""
        latent = network.emote.config.prior.frames_per_latent
        device = next(network.parameters()).device
        return torch.from_numpy(rows[None, : len(rows) // latent * latent]).to(device)


def _check_names(actors: Sequence[str]) -> None:
    """Refuse names that a header of weights cannot have as its styles. Raises EmoTalkError."""
    try:
        read_spec(NETWORKS[MODEL_ID], {"styles": json.dumps(actors)})
    except EmoTalkError:
        raise EmoTalkError(
            f"The takes name {len(actors)} actors, {', '.join(actors)[:80]}; EMOTE needs short, different names, "
            f"{MOST_IDENTITIES} at most"
        ) from None


def _visible_axes(head: FlameVertices) -> FloatArray:
    """(E + 3, E + 3) from the channels to axes whose lengths are millimetres of the vertices, root mean square.

    The axes are the principal ones of what the channels move: mixes of channels that cancel each other are short.
    """
    channels = head.directions.shape[0] + 3
    moved = head(_STEP * torch.eye(channels)) - head(torch.zeros(1, channels))
    rows = moved.flatten(1).double() / _STEP
    lengths, axes = torch.linalg.eigh(SQUARE_MM * (rows @ rows.T) / rows.shape[1])
    return np.asarray((axes * lengths.clamp(min=0).sqrt()).float().numpy())


def _window_problem(recipe: EmoteRecipe, config: EmoteConfig) -> str:
    latent = config.prior.frames_per_latent
    return (
        "" if recipe.window % latent == 0 < recipe.window else f"takes windows of whole latents, {latent} frames each"
    )
