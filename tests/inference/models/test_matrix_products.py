import time

import pytest
import torch
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models import matrix_products
from emotalk.inference.models.matrix_products import EightBits, OneDnn, Plain, arithmetic_for, cpu_arithmetic
from torch.nn import functional

BF16 = torch.bfloat16
WAYS = [
    pytest.param(Plain(), 1e-5, id="plain float32"),
    pytest.param(OneDnn(), 1e-5, id="oneDNN float32"),
    pytest.param(Plain(BF16), 0.03, id="plain bfloat16"),
    pytest.param(OneDnn(BF16), 0.03, id="oneDNN bfloat16"),
    pytest.param(EightBits(OneDnn(BF16)), 0.1, id="int8"),
]


def numbers(*shape, seed=3):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def error_of(values, exact):
    """Largest error, in units of the result's standard deviation."""
    assert values.shape == exact.shape
    return ((values.double() - exact).abs().max() / exact.std()).item()


@pytest.mark.parametrize(("way", "most"), WAYS)
@pytest.mark.parametrize("gelu", [False, True])
@pytest.mark.parametrize("rows", [1, 37, 333])
def test_every_way_multiplies(way, most, gelu, rows):
    matrix, weight, bias = numbers(rows, 96), numbers(64, 96, seed=4), numbers(64, seed=5)
    exact = functional.linear(matrix.double(), weight.double(), bias.double())
    exact = functional.gelu(exact) if gelu else exact
    product = way.linear(weight, bias, gelu)
    product(matrix)
    assert error_of(product(matrix), exact) < most


@pytest.mark.parametrize(("way", "most"), WAYS)
@pytest.mark.parametrize("rows", [1, 30, 700])
def test_every_way_convolves(way, most, rows):
    matrix, weight, bias = numbers(rows, 32), numbers(32, 8, 16, seed=4), numbers(32, seed=5)
    image = matrix.double().t()[None]
    exact = functional.conv1d(image, weight.double(), bias.double(), padding=8, groups=4)[0, :, :rows].t()
    assert error_of(way.convolution(weight, bias, 4)(matrix), functional.gelu(exact)) < most


@pytest.mark.parametrize(("way", "most"), WAYS)
@pytest.mark.parametrize("rows", [1, 50, 700])
def test_every_way_attends(way, most, rows):
    queries, keys, values = (numbers(rows, 4, 16, seed=seed) for seed in range(3))
    scores = torch.einsum("qhw,khw->hqk", queries.double(), keys.double()) / 4
    exact = torch.einsum("hqk,khw->qhw", scores.softmax(-1), values.double())
    assert (way.attend(queries, keys, values).double() - exact).abs().max() < most


def test_rows_that_overlap_in_memory_are_rows_like_others():
    samples = torch.arange(40.0)
    windows = samples.as_strided((16, 10), (2, 1))
    weight, bias = numbers(6, 10), torch.zeros(6)
    expected = windows.contiguous() @ weight.t()
    for way in (Plain(), OneDnn()):
        torch.testing.assert_close(way.linear(weight, bias)(windows), expected, atol=1e-4, rtol=1e-5)


def test_rows_of_very_different_size_keep_their_8_bits_each():
    matrix, weight = numbers(40, 96) * torch.logspace(-3, 3, 40)[:, None], numbers(64, 96, seed=4)
    exact = matrix.double() @ weight.double().t()
    rows = EightBits(Plain(BF16)).linear(weight, torch.zeros(64))(matrix)
    for row, true in zip(rows, exact, strict=True):
        assert error_of(row, true) < 0.06


def test_both_ways_to_multiply_bytes_agree(monkeypatch):
    matrix, weight, bias = numbers(40, 96), numbers(64, 96, seed=4), numbers(64, seed=5)
    ways = []
    for multiplies in (True, False):
        monkeypatch.setattr(matrix_products, "_multiplies_bytes", lambda multiplies=multiplies: multiplies)
        ways.append(EightBits(Plain(BF16)).linear(weight, bias)(matrix))
    torch.testing.assert_close(*ways, atol=1e-4, rtol=1e-5)


@pytest.fixture
def chosen_anew():
    cpu_arithmetic.cache_clear()
    yield
    cpu_arithmetic.cache_clear()


@pytest.mark.usefixtures("chosen_anew")
@pytest.mark.parametrize("dtype", [torch.float32, BF16])
def test_the_processor_chooses_the_way_and_no_clock(monkeypatch, dtype):
    monkeypatch.setattr("time.perf_counter", lambda: pytest.fail("something was timed"))
    first = type(cpu_arithmetic(dtype))
    assert first in (Plain, OneDnn)
    linear = OneDnn.linear

    def slow(self, weight, bias, gelu=False):
        time.sleep(0.2)
        return linear(self, weight, bias, gelu)

    monkeypatch.setattr(OneDnn, "linear", slow)
    cpu_arithmetic.cache_clear()
    assert type(cpu_arithmetic(dtype)) is first


@pytest.mark.usefixtures("chosen_anew")
def test_other_processors_and_a_broken_onednn_use_pytorchs_own(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert type(cpu_arithmetic(torch.float32)) is Plain
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    cpu_arithmetic.cache_clear()
    assert type(cpu_arithmetic(torch.float32)) is OneDnn
    monkeypatch.setattr(matrix_products, "_ONEDNN", None)
    cpu_arithmetic.cache_clear()
    assert type(cpu_arithmetic(torch.float32)) is Plain
    monkeypatch.setenv("EMOTALK_ARITHMETIC", "oneDNN")
    cpu_arithmetic.cache_clear()
    with pytest.raises(EmoTalkError, match="asks for oneDNN, which does not compute float32 correctly"):
        cpu_arithmetic(torch.float32)


@pytest.mark.usefixtures("chosen_anew")
def test_a_studio_can_force_one_for_all_its_machines(monkeypatch):
    for forced, way in (("pytorch", Plain), ("onednn", OneDnn)):
        monkeypatch.setenv("EMOTALK_ARITHMETIC", forced)
        monkeypatch.setattr("platform.machine", lambda: "riscv64")
        cpu_arithmetic.cache_clear()
        assert type(cpu_arithmetic(torch.float32)) is way
    monkeypatch.setenv("EMOTALK_ARITHMETIC", "fast")
    cpu_arithmetic.cache_clear()
    with pytest.raises(EmoTalkError, match="EMOTALK_ARITHMETIC is 'fast'; it may be onednn or pytorch"):
        cpu_arithmetic(torch.float32)


def test_a_layout_that_failed_once_is_tried_again(monkeypatch):
    """Out of memory in one line is no reason for other errors in the next."""
    matrix, weight, bias = numbers(5, 96), numbers(64, 96, seed=4), numbers(64, seed=5)
    product = OneDnn().linear(weight, bias)

    def full(*_):
        raise RuntimeError("not enough memory: you tried to allocate")

    with monkeypatch.context() as context:
        context.setattr(torch.ops.mkldnn, "_reorder_linear_weight", full)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="not enough memory"):
                product(matrix)
    torch.testing.assert_close(product(matrix), functional.linear(matrix, weight, bias), atol=1e-4, rtol=1e-5)


@pytest.mark.usefixtures("chosen_anew")
def test_a_way_that_rounds_in_secret_is_never_chosen(monkeypatch):
    monkeypatch.setattr(matrix_products, "OneDnn", lambda _dtype: OneDnn(BF16))
    assert type(cpu_arithmetic(torch.float32)) is Plain


def test_precision_and_device_choose_the_way():
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert arithmetic_for(cpu, "float32") is cpu_arithmetic(torch.float32)
    assert arithmetic_for(cpu, "bfloat16") is cpu_arithmetic(BF16)
    assert type(arithmetic_for(gpu, "float32")) is type(arithmetic_for(gpu, "bfloat16")) is Plain
    assert type(arithmetic_for(cpu, "int8")) is type(arithmetic_for(gpu, "int8")) is EightBits
