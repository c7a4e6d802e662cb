"""A seed gives the training that it gave when it was last looked at (``golden/targets.py``)."""

import runpy
from pathlib import Path

import numpy as np
import pytest

GOLDEN = runpy.run_path(str(Path(__file__).parent / "golden" / "targets.py"))


@pytest.fixture(scope="module")
def now():
    return GOLDEN["numbers"]()


def test_targets_and_batches_are_what_they_were(now):
    with np.load(GOLDEN["TARGETS"]) as golden:
        assert set(golden) == set(now)
        for name, numbers in now.items():
            np.testing.assert_allclose(numbers, golden[name], rtol=0, atol=2, err_msg=name)
