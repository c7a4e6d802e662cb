"""How matrix products run on this machine: the same numbers by the quickest route, or fewer bits where asked for.

PyTorch multiplies float32 matrices through MKL, which on some processors leaves the widest vector instructions
unused; oneDNN, which PyTorch carries too, does not. Which is quicker is measured once, in a few milliseconds.
"""

import functools
import time
from collections.abc import Callable
from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional

Precision = Literal["float32", "bfloat16", "int8"]
Product = Callable[[Tensor], Tensor]
"""(rows, in) -> (rows, out)."""

Route = Callable[[Tensor, Tensor], Product]
"""Takes a weight (out, in) and a bias (out,), and gives the product with them."""

_TRIAL: Final = (256, 1024, 1024)
_TRIALS: Final = 12


def plain(weight: Tensor, bias: Tensor) -> Product:
    """PyTorch's own product, on any device."""
    return lambda rows: functional.linear(rows, weight, bias)


def packed(weight: Tensor, bias: Tensor) -> Product:
    """Multiply through oneDNN, with the weight in its own layout: the widest vector instructions of the processor."""
    operations = torch.ops.mkldnn
    kept, layout = [weight], []

    def product(rows: Tensor) -> Tensor:
        if not layout:
            # At the first use, so that a network is ready at once and a weight is in memory only once.
            layout.append(operations._reorder_linear_weight(kept.pop(), None))
        return operations._linear_pointwise(rows, layout[0], bias, "none", [], "")

    return product


def bfloat16(weight: Tensor, bias: Tensor) -> Product:
    """Both factors rounded to bfloat16, sums in float32."""
    weight, bias = weight.bfloat16(), bias.bfloat16()
    return lambda rows: functional.linear(rows.bfloat16(), weight, bias).to(rows.dtype)


def int8(weight: Tensor, bias: Tensor) -> Product:
    """Both factors rounded to 8 bits: a scale for each row of the input and each row of the weight."""
    scale = weight.abs().amax(dim=1).clamp_min(1e-12) / 127
    rounded = (weight / scale[:, None]).round().to(torch.int8).t().contiguous()

    def product(rows: Tensor) -> Tensor:
        row_scale = rows.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / 127
        whole = torch._int_mm((rows / row_scale).round().to(torch.int8), rounded)
        return whole.to(rows.dtype) * row_scale * scale + bias

    return product


def route_for(device: torch.device, precision: Precision) -> Route:
    """How products run on a device at a precision."""
    if precision == "bfloat16":
        return bfloat16
    if precision == "int8":
        return int8
    return quickest_route() if device.type == "cpu" else plain


@functools.cache
def quickest_route() -> Route:
    """The quicker float32 route on this processor; ``plain`` where the other one fails or disagrees."""
    rows, width, height = _TRIAL
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(rows, width, generator=generator)
    weight = torch.randn(height, width, generator=generator) / width**0.5
    bias = torch.zeros(height)
    try:
        candidates = {route: route(weight, bias) for route in (plain, packed)}
        exact = functional.linear(matrix.double(), weight.double(), bias.double())
        errors = {route: (product(matrix) - exact).abs().max().item() for route, product in candidates.items()}
    except (AttributeError, RuntimeError):
        return plain
    # A route that secretly rounds to fewer bits is ten times further off than float32 sums are.
    if errors[packed] > 4 * errors[plain]:
        return plain
    best = dict.fromkeys(candidates, float("inf"))
    for _ in range(_TRIALS):
        for route, product in candidates.items():
            started = time.perf_counter()
            product(matrix)
            best[route] = min(best[route], time.perf_counter() - started)
    return min(best, key=best.get)
