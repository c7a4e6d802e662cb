"""The curves of both networks are what they were when they were last looked at (``golden/cases.py``)."""

import runpy
from pathlib import Path

import numpy as np
import pytest

CASES = runpy.run_path(str(Path(__file__).parent / "golden" / "cases.py"))
OTHER_ARITHMETIC = 5e-5
"""Sums in another order change the last bits; contacts are decided on them, which can make ten of one."""


@pytest.fixture(scope="module")
def golden():
    with np.load(CASES["CURVES"]) as file:
        return dict(file)


@pytest.fixture(scope="module")
def now(tmp_path_factory):
    return CASES["performances"](tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("name", CASES["CONTROLS"])
@pytest.mark.parametrize(("model_id", "tolerance"), [("emotalk-compact", 0), ("emotalk", 1e-7)])
def test_curves_are_what_they_were(golden, now, model_id, tolerance, name):
    if str(golden["arithmetic"]) != CASES["arithmetic"]():
        tolerance = OTHER_ARITHMETIC
    for part in ("face", "head"):
        key = f"{model_id} {name} {part}"
        assert now[key].shape == golden[key].shape
        np.testing.assert_allclose(now[key], golden[key], rtol=0, atol=tolerance * max(1, np.ptp(golden[key])))
