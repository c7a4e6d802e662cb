"""Runs the command by this file's path, in a Python without the package: Blender does so in the Python with PyTorch."""

import importlib
import runpy
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    runpy.run_path(str(TREE / "inference" / "worker" / "process.py"))["load_tree"]()
    sys.exit(importlib.import_module("emotalk.command_line.main").main())
