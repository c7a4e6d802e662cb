"""The released checkpoints of EMOTE and of its motion prior FLINT: checked, and brought under our names.

What Lightning keeps beside the weights is gone when they arrive here (``lightning_checkpoint.py``). FLAME's own arrays
and a renderer, which stand in the same file, are left out; FLAME's template is noted by its hash, because motion for
one release of FLAME fits no other.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from ...face.basis import FLAME
from ..contract import EmoTalkError, ModelSpec, Speech
from ..devices import is_out_of_memory
from ..models.emote import INTENSITIES, SAMPLES_PER_FRAME, Emote, EmoteConfig, weight_shapes
from ..models.flint import FlintConfig, FlintEncoder, decoder_shapes, encoder_shapes
from ..models.layers import Layers
from ..models.matrix_products import arithmetic_for
from ..models.wav2vec2 import BASE
from .checkpoint_state import CheckpointState
from .conversion import Conversion
from .wav2vec2_converter import convert_wav2vec2, published_shapes, read_wav2vec2_config
