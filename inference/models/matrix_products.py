"""The matrix products of a network by the fastest library on this machine, or with fewer bits on request.

PyTorch multiplies float32 matrices through MKL, which on some processors does not use the widest vector instructions.
oneDNN, which PyTorch includes too, does, and it keeps weights in its own layout. Which of them computes follows from
the kind of processor alone: nothing is timed, so that every process on a machine gives the same numbers.
"""

import functools
import math
import os
import platform
from collections.abc import Callable
from typing import Any, Final, Literal, Protocol, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from ..contract import EmoTalkError

ARITHMETIC_VARIABLE: Final = "EMOTALK_ARITHMETIC"
"""Environment variable that forces ``onednn`` or ``pytorch``: a farm of different processors then uses one library."""

Precision = Literal["float32", "bfloat16", "int8"]
Product = Callable[[Tensor], Tensor]
"""(rows, in) -> (rows, out), in the number format of the arithmetic, whatever the format of the rows."""

Result = TypeVar("Result")

_ONEDNN: Final = torch.ops.mkldnn
_TRIAL: Final = (16, 1024, 256)
_ONEDNN_NAME: Final = "oneDNN"
_PYTORCH: Final = "pytorch"
_FORCED: Final = (_ONEDNN_NAME.lower(), _PYTORCH)
_X86: Final = ("x86_64", "amd64", "i386", "i686", "x86")
_TYPICAL_ROWS: Final = 300
"""The number of rows that oneDNN chooses the layout of a convolution's weight for; other numbers work too."""
_QUERIES: Final = 320
"""Rows of an attention at a time."""
_CACHED_ROWS: Final = 160
"""Rows at a time: few enough to stay in a core's cache, and enough to amortise reading a weight."""


class Arithmetic(Protocol):
    """Computes products.

    Attributes:
        library: what multiplies, for people.
    """

    library: str

    def linear(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> Product:
        """A linear layer with a weight (out, in) and a bias (out,), followed by an optional GELU."""

    def convolution(self, weight: Tensor, bias: Tensor, groups: int) -> Product:
        """A convolution along the rows and a GELU; weight (out, in / groups, kernel), as many rows as before.

        Each row depends on ``kernel // 2`` rows before it; both ends are padded with zeros.
        """

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Scaled dot-product attention; all inputs and the result are (rows, heads, width)."""


class Plain:
    """PyTorch's own products, on any device.

    Args:
        dtype: what both factors are rounded to; sums are float32.
    """

    library = "PyTorch"

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        self._dtype = dtype

    def linear(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> Product:
        """See ``Arithmetic``."""
        weight, bias = weight.to(self._dtype), bias.to(self._dtype)

        def product(rows: Tensor) -> Tensor:
            done = functional.linear(rows.to(self._dtype), weight, bias)
            return functional.gelu(done) if gelu else done

        return product

    def convolution(self, weight: Tensor, bias: Tensor, groups: int) -> Product:
        """See ``Arithmetic``."""
        dtype = _convolution_dtype(self._dtype, weight)
        weight, bias = weight.to(dtype), bias.to(dtype)

        def product(rows: Tensor) -> Tensor:
            image = rows.to(dtype).t()[None]
            done = functional.conv1d(image, weight, bias, padding=weight.shape[2] // 2, groups=groups)
            # An even kernel with half of it as padding gives one row too many.
            return functional.gelu(done[0, :, : len(rows)].t())

        return product

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See ``Arithmetic``."""
        # PyTorch only uses its memory-efficient attention kernels with a batch axis.
        asking, asked, given = (part.to(self._dtype).transpose(0, 1)[None] for part in (queries, keys, values))
        return functional.scaled_dot_product_attention(asking, asked, given)[0].transpose(0, 1)


class OneDnn(Plain):
    """Products through oneDNN on a processor, with weights in its own layout and a fused GELU.

    A weight is converted at its first use, so that a network is ready at once. Where the weights are mapped from a
    file, the file's pages stay in memory beside the converted weight until the system wants them for something else.
    """

    library = _ONEDNN_NAME

    def linear(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> Product:
        """See ``Arithmetic``."""
        laid_out = _once(weight, lambda weight: _ONEDNN._reorder_linear_weight(weight.to(self._dtype), None))
        bias = bias.to(self._dtype)
        after: tuple[str, list[float], str] = ("gelu", [], "none") if gelu else ("none", [], "")
        return lambda rows: _ONEDNN._linear_pointwise(rows.to(self._dtype), laid_out(), bias, *after)

    def convolution(self, weight: Tensor, bias: Tensor, groups: int) -> Product:
        """See ``Arithmetic``."""
        dtype = _convolution_dtype(self._dtype, weight)
        inputs, padding = weight.shape[1] * groups, [0, weight.shape[2] // 2]
        once, bias = [1, 1], bias.to(dtype)

        def lay_out(weight: Tensor) -> Tensor:
            image = weight[:, :, None].to(dtype).contiguous().to_mkldnn()
            typical = [1, inputs, 1, _TYPICAL_ROWS]
            functions: Any = torch._C._nn  # its stubs have the arguments of an earlier version
            laid: Tensor = functions.mkldnn_reorder_conv2d_weight(image, padding, once, once, groups, typical)
            return laid

        laid_out = _once(weight, lay_out)

        def product(rows: Tensor) -> Tensor:
            # Rows are an image one pixel high with channels last, the fastest layout for oneDNN.
            image = rows.to(dtype).t()[None, :, None]
            done = _ONEDNN._convolution_pointwise(
                image, laid_out(), bias, padding, once, once, groups, "gelu", [], "none"
            )
            return done[0, :, 0, : len(rows)].t()

        return product

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """See ``Arithmetic``."""
        if self._dtype == torch.float32:
            return super().attend(queries, keys, values)
        # PyTorch's kernel is no faster in bfloat16 than in float32.
        queries, keys, values = (part.to(self._dtype).transpose(0, 1).contiguous() for part in (queries, keys, values))
        queries = queries / math.sqrt(queries.shape[2])
        heads, rows, width = queries.shape
        attended = torch.empty((rows, heads, width), dtype=self._dtype)
        for head in range(heads):
            blocks = zip(*(part.chunk(math.ceil(rows / _QUERIES)) for part in (queries[head], attended)), strict=True)
            for asking, block in blocks:
                scores = torch.softmax(torch.mm(asking, keys[head].t()).float(), dim=1)
                block[:, head] = torch.mm(scores.to(self._dtype), values[head])
        return attended


class EightBits:
    """Linear layers with both factors rounded to 8 bits: a scale for each row of the input and of the weight.

    Args:
        others: computes the other products, which gain little speed from 8 bits and lose more precision.
    """

    def __init__(self, others: Arithmetic) -> None:
        self.convolution, self.attend, self.library = others.convolution, others.attend, others.library

    def linear(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> Product:
        """See ``Arithmetic``; the result is float32."""
        laid_out = _once(weight, _eight_bit_product)

        def product(rows: Tensor) -> Tensor:
            multiply = laid_out()
            done = torch.empty((len(rows), len(bias)), device=rows.device)
            blocks = math.ceil(len(rows) / _CACHED_ROWS)
            for block, place in zip(rows.chunk(blocks), done.chunk(blocks), strict=True):
                block = block.float()
                scale = block.abs().amax(dim=1, keepdim=True).clamp_min_(1e-12).div_(127)
                torch.addcmul(bias, multiply((block / scale).round_().to(torch.int8)), scale, out=place)
                if gelu:
                    torch.ops.aten.gelu_(place)
            return done

        return product


def arithmetic_for(device: torch.device, precision: Precision) -> Arithmetic:
    """The arithmetic for a device and a precision."""
    if precision == "int8":
        return EightBits(arithmetic_for(device, "bfloat16"))
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    return cpu_arithmetic(dtype) if device.type == "cpu" else Plain(dtype)


def named_arithmetic(device: torch.device, precision: Precision) -> str:
    """What multiplies on a processor, for people; "" on a GPU. See ``contract.Calculating``."""
    if device.type != "cpu":
        return ""
    return f"{arithmetic_for(device, precision).library} with {torch.backends.cpu.get_cpu_capability()}"


@functools.cache
def cpu_arithmetic(dtype: torch.dtype) -> Arithmetic:
    """The arithmetic on this processor, the same in every process.

    oneDNN on x86 processors, where it was nowhere slower than PyTorch's own products (see docs/models/emotalk.md),
    unless it fails or rounds to fewer bits than it should; PyTorch's own elsewhere.

    Raises:
        EmoTalkError: the environment variable ``EMOTALK_ARITHMETIC`` asks for one that there is not.
    """
    plain, onednn = Plain(dtype), OneDnn(dtype)
    forced = os.environ.get(ARITHMETIC_VARIABLE, "").strip().lower()
    if forced not in ("", *_FORCED):
        raise EmoTalkError(f"{ARITHMETIC_VARIABLE} is {forced!r}; it may be {' or '.join(_FORCED)}, or not set")
    if forced == _PYTORCH or (not forced and platform.machine().lower() not in _X86):
        return plain
    if _agrees(onednn, plain):
        return onednn
    if forced:
        raise EmoTalkError(
            f"{ARITHMETIC_VARIABLE} asks for oneDNN, which does not compute {_dtype_name(dtype)} correctly on this "
            f"processor; set it to {_PYTORCH}, or do not set it"
        )
    return plain


def _agrees(onednn: "OneDnn", plain: Plain) -> bool:
    """Whether oneDNN works here and is as exact as PyTorch's own products."""
    rows, width, height = _TRIAL
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(rows, width, generator=generator)
    weight = torch.randn(height, width, generator=generator) / width**0.5
    bias = torch.zeros(height)
    exact = functional.linear(matrix.double(), weight.double(), bias.double())
    try:
        errors = [(way.linear(weight, bias)(matrix) - exact).abs().max().item() for way in (onednn, plain)]
        onednn.convolution(weight[:, :, None].repeat(1, 1, 2), bias, 1)(matrix)
    except (AttributeError, RuntimeError):
        return False
    # Arithmetic that silently rounds to fewer bits has ten times the error of float32 sums.
    return errors[0] <= 4 * errors[1]


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _once(weight: Tensor, lay_out: Callable[[Tensor], Result]) -> Callable[[], Result]:
    """Converts a weight at its first use and releases the original; if that fails, the next use tries again."""
    kept = [weight]
    made: list[Result] = []

    def laid_out() -> Result:
        if not made:
            made.append(lay_out(kept[0]))
            kept.clear()
        return made[0]

    return laid_out


def _convolution_dtype(dtype: torch.dtype, weight: Tensor) -> torch.dtype:
    """The type of an arithmetic, or float32 if its convolution of this weight's shape is wrong on this processor."""
    if dtype == torch.float32 or weight.device.type != "cpu":
        return dtype
    return dtype if _convolves(dtype, weight.shape[1], weight.shape[2]) else torch.float32


@functools.cache
def _convolves(dtype: torch.dtype, channels: int, kernel: int) -> bool:
    """Whether PyTorch's result is right: with AMX, oneDNN mixes up bfloat16 groups of 8 channels for even kernels."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 2 * channels, kernel + 16, generator=generator).to(dtype)
    weight = torch.randn(2 * channels, channels, kernel, generator=generator).to(dtype)
    exact = functional.conv1d(image.float(), weight.float(), groups=2)
    error = functional.conv1d(image, weight, groups=2).float() - exact
    return bool(error.std() < 0.05 * exact.std())


def _eight_bit_product(weight: Tensor) -> Product:
    """The product of whole numbers (rows, in) with a weight (out, in) rounded to 8 bits; the result is float32."""
    scale = weight.abs().amax(dim=1).clamp_min(1e-12) / 127
    whole = (weight / scale[:, None]).round().to(torch.int8)
    if weight.device.type == "cpu" and _multiplies_bytes():
        return _byte_product(whole, scale)
    turned = whole.t().contiguous()
    return lambda rows: torch._int_mm(rows, turned) * scale


def _byte_product(whole: Tensor, scale: Tensor) -> Product:
    """The same through oneDNN, which takes unsigned bytes with a zero point."""
    laid_out, zeros = torch.ops.onednn.qlinear_prepack(whole, None), torch.zeros(len(scale), dtype=torch.int64)
    to_float: tuple[object, ...] = (scale, zeros, None, 1.0, 0, torch.float32, "none", [], "")
    return lambda rows: torch.ops.onednn.qlinear_pointwise(
        rows.view(torch.uint8).bitwise_xor(128), 1.0, 128, laid_out, *to_float
    )


@functools.cache
def _multiplies_bytes() -> bool:
    """Whether oneDNN is exact with the largest bytes: on processors without 8-bit instructions, sums overflow."""
    largest = torch.full((32, 64), 127, dtype=torch.int8)
    try:
        return bool((_byte_product(largest, torch.ones(32))(largest) == 64 * 127**2).all())
    except (AttributeError, RuntimeError):
        return False
