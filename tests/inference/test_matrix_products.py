import pytest
import torch
from emotalk.inference import matrix_products
from emotalk.inference.matrix_products import bfloat16, int8, packed, plain, quickest_route, route_for


def errors_of(route, rows=37, width=96, height=50):
    """Largest error against float64, in units of the result's standard deviation."""
    generator = torch.Generator().manual_seed(3)
    matrix = torch.randn(rows, width, generator=generator)
    weight, bias = torch.randn(height, width, generator=generator), torch.randn(height, generator=generator)
    exact = matrix.double() @ weight.double().t() + bias.double()
    product = route(weight, bias)
    product(matrix)
    return ((product(matrix).double() - exact).abs().max() / exact.std()).item()


@pytest.mark.parametrize(("route", "most"), [(plain, 2e-6), (packed, 2e-6), (bfloat16, 0.03), (int8, 0.05)])
def test_every_route_multiplies(route, most):
    assert errors_of(route) < most


def test_rows_that_overlap_in_memory_are_rows_like_others():
    samples = torch.arange(40.0)
    windows = samples.as_strided((16, 10), (2, 1))
    weight, bias = torch.randn(6, 10), torch.zeros(6)
    expected = windows.contiguous() @ weight.t()
    for route in (plain, packed):
        torch.testing.assert_close(route(weight, bias)(windows), expected, atol=1e-4, rtol=1e-5)


def test_the_quickest_route_is_as_exact_as_float32_is():
    assert quickest_route() in (plain, packed)
    assert errors_of(quickest_route()) < 2e-6


def test_a_route_that_rounds_in_secret_is_never_chosen(monkeypatch):
    monkeypatch.setattr(matrix_products, "packed", bfloat16)
    quickest_route.cache_clear()
    assert quickest_route() is plain
    quickest_route.cache_clear()


def test_precision_and_device_choose_the_route():
    cpu = torch.device("cpu")
    assert route_for(cpu, "bfloat16") is bfloat16
    assert route_for(cpu, "int8") is int8
    assert route_for(torch.device("cuda"), "float32") is plain
    assert route_for(cpu, "float32") is quickest_route()
