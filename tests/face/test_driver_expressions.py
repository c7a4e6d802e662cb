import pytest
from emotalk.face.driver_expressions import evaluate, line_of
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(-9, 9), st.floats(-9, 9))
def test_plain_expressions_have_the_value_that_python_gives(a, b):
    for text in ("a + b", "-a*2 - (b - 1)/4", "max(0, a/3.0)*b", "a if a > b else b", "min(max(a, 0), 1)", "abs(a)"):
        assert evaluate(text, {"a": a, "b": b}) == pytest.approx(eval(text, {"a": a, "b": b}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "__import__('os')",
        "a[0]",
        "lambda: 1",
        "x",
        "1/0",
        "f'{a}'",
        "max(a, key=a)",
        "sin(a)",
        "a" * 600,
        "(",
    ],
)
def test_anything_else_is_refused_and_never_run(text):
    with pytest.raises(ValueError, match="expression"):
        evaluate(text, {"a": 1.0})


@given(st.floats(0.05, 20), st.sampled_from([1, -1]), st.floats(-1, 1))
def test_a_line_is_found(slope, side, offset):
    assert line_of(lambda x: side * slope * x + offset) == pytest.approx((side * slope, offset), rel=1e-4, abs=1e-4)


def test_a_driver_that_is_held_on_one_side():
    assert line_of(lambda x: max(0, x / 3) * 1.5) == pytest.approx((0.5, 0))
    assert line_of(lambda x: -min(0, x / 2)) == pytest.approx((-0.5, 0))


def test_what_is_no_line_is_refused():
    assert line_of(lambda x: 0.0) is None
    assert line_of(lambda x: x * x) is None
    assert line_of(lambda x: min(x, 0.5)) is None
