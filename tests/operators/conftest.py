"""What the tests of the operators share."""

import os
import sys

import pytest


@pytest.fixture(scope="session")
def torch_python():
    """A Python that has PyTorch: this one, or, inside a real Blender, the one that runs tests/run_in_blender.py."""
    return os.environ.get("EMOTALK_TEST_PYTHON", sys.executable)
