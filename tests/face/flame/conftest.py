"""A model of FLAME's size and layout, made by code."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def synthetic():
    """What tests/synthetic_flame.py defines."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "synthetic_flame.py")))


@pytest.fixture(scope="session")
def flame_model(synthetic):
    """The model of the synthetic arrays."""
    from emotalk.face.flame.model import model_from
    from emotalk.face.flame.variants import FLAME_2023

    return model_from(synthetic.arrays(), FLAME_2023, "0" * 64)
