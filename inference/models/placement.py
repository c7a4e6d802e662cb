"""A network on the chosen device, or on the CPU if that device runs out of memory."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ...face.alignment import Alignment
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ..contract import (
    Calculating,
    EmoTalkError,
    FaceModel,
    Features,
    Heard,
    HearsPhones,
    Progress,
    Shrinkable,
    Speech,
    heard_by,
)
from ..devices import device_name, free_gpu_memory, is_out_of_memory

Result = TypeVar("Result")


class PlacedModel:
    """A face model with the id of its weights and its device.

    If a GPU runs out of memory, while loading or in the middle of a line, the work is repeated in smaller steps if the
    network supports them, and then on the CPU. Later work stays there.

    Args:
        model_id: the id of the weights.
        load: returns the network on a device.
        device: the first device: "cpu", "cuda" or "mps".
        precision: of the network, to be shown to people.

    Raises:
        EmoTalkError: the network cannot be loaded.
    """

    def __init__(self, model_id: str, load: Callable[[str], FaceModel], device: str, precision: str) -> None:
        self.model_id = model_id
        self.fell_back = self.shrunk = False
        self._load, self._device, self._precision = load, device, precision
        self._model: FaceModel | None = None
        self.spec = self._run(lambda model: model.spec)

    @property
    def runs_on(self) -> str:
        """The device, the precision and the library that computes, in words."""
        name = "CPU" if self._device == "cpu" else device_name(self._device)
        reason = ""
        if self.fell_back:
            reason = ", because the GPU ran out of memory"
        elif self.shrunk:
            reason = ", in small steps, because the GPU's memory is short"
        library = self._model.arithmetic if isinstance(self._model, Calculating) else ""
        return f"{name}, {self._precision}{f', by {library}' if library else ''}{reason}"

    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """The slow half; see ``FaceModel``."""
        return replace(self._run(lambda model: model.encode(speech, progress)), model=self.model_id)

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The fast half; see ``FaceModel``."""
        return self._run(lambda model: model.decode(features, controls))

    def hear(self, features: Features) -> Heard:
        """What the network heard; see ``contract.heard_by``."""
        return self._run(lambda model: heard_by(model, features))

    @property
    def hears_phones(self) -> bool:
        """See ``HearsPhones``."""
        return self._run(lambda model: isinstance(model, HearsPhones) and model.hears_phones)

    def phone_posteriors(self, features: Features) -> np.ndarray:
        """See ``HearsPhones``. Raises EmoTalkError if the network hears none."""
        return self._run(lambda model: self._hearing_phones(model).phone_posteriors(features))

    def tell(self, features: Features, alignment: Alignment) -> Features:
        """See ``HearsPhones``. Raises EmoTalkError if the network cannot be told any."""
        return self._run(lambda model: self._hearing_phones(model).tell(features, alignment))

    def _hearing_phones(self, model: FaceModel) -> HearsPhones:
        if not isinstance(model, HearsPhones):
            raise EmoTalkError(f"The model {self.model_id} cannot be told what is said; choose EmoTalk Compact")
        return model

    def _run(self, work: Callable[[FaceModel], Result]) -> Result:
        try:
            if self._model is None:
                self._model = self._load(self._device)
            return work(self._model)
        except RuntimeError as error:
            if self._device == "cpu" or not is_out_of_memory(error):
                raise
        # Only after the exception is released: its traceback refers to what fills the GPU.
        if isinstance(self._model, Shrinkable) and self._model.shrink():
            self.shrunk = True
        else:
            self._model, self._device, self.fell_back = None, "cpu", True
        free_gpu_memory()
        return self._run(work)
