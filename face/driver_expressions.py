"""Which value of a variable makes an expression of a driver 0, and which makes it 1."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Final

_STEP: Final = 1e-3
_CLOSE: Final = 1e-3
_LONGEST: Final = 500
_OPERATORS: Final[dict[type, Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Final[dict[type, Callable[[float, float], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(max(value, low), high)


_FUNCTIONS: Final[dict[str, Callable[..., float]]] = {"min": min, "max": max, "abs": abs, "clamp": _clamp}


def evaluate(expression: str, names: Mapping[str, float]) -> float:
    """The value of an expression of numbers, names, + - * /, comparisons, min, max, abs and clamp.

    Raises:
        ValueError: it is something else; nothing is ever executed.
    """
    if len(expression) > _LONGEST:
        raise ValueError("the expression is too long")
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body, names)
    except (SyntaxError, TypeError, KeyError, ZeroDivisionError, RecursionError, OverflowError) as error:
        raise ValueError(f"{expression!r} is no plain expression") from error


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, names)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, names) else otherwise, names)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return float(_COMPARISONS[type(op)](_value(left, names), _value(right, names)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return float(_FUNCTIONS[name](*(_value(argument, names) for argument in arguments)))
        case _:
            raise ValueError("this is no plain expression")


def line_of(function: Callable[[float], float], centre: float = 0.0) -> tuple[float, float] | None:
    """The straight line that a driver follows on one side of where its control rests.

    Args:
        function: of the control.
        centre: where the control rests.

    Returns:
        (slope, offset) with function(x) = slope x + offset wherever it goes from 0 to 1; None if it does not go from
        0 to 1 in a straight line. A driver that is held at a limit on one side, like ``max(0, var / 3)``, has its line
        on the other one.
    """
    for side in (1, -1):
        near, far = centre + side * _STEP, centre + 2 * side * _STEP
        slope = (function(far) - function(near)) / (far - near)
        if abs(slope) < 1e-9:
            continue
        offset = function(near) - slope * near
        samples = [(value - offset) / slope for value in (0.0, 0.25, 0.5, 1.0)]
        misses = [abs(function(sample) - (slope * sample + offset)) for sample in samples]
        if max(misses) < _CLOSE:
            return slope, offset
    return None
