"""Run the tests inside a real Blender, against the extension zip installed there as animators install it.

    BLENDER=/path/to/blender python tests/run_in_blender.py [options of pytest]

``BLENDER`` may be several words. The zip is the newest in ``dist`` (``make extension``). Blender gets a profile of
its own, and pytest from the Python that runs this script: only packages that are pure Python, so that the versions
of the two Pythons need not agree. PyTorch, where a test needs it, runs in the Python of this script.
"""

import importlib.abc
import importlib.util
import os
import shlex
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = "bl_ext.user_default.emotalk"
PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


def main(options: list[str]) -> int:
    """Install the zip in a fresh profile and start Blender with this script inside."""
    blender = shlex.split(os.environ.get("BLENDER", "blender"))
    zips = sorted((ROOT / "dist").glob("emotalk-*.zip"), key=lambda path: path.stat().st_mtime)
    if not zips:
        sys.exit("There is no zip in dist: run 'make extension' first")
    with tempfile.TemporaryDirectory(prefix="emotalk-blender-") as folder:
        packages = Path(folder) / "packages"
        gather_packages(packages)
        environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": str(Path(folder) / "user"),
            "EMOTALK_TEST_PYTHON": sys.executable,
            "OMP_NUM_THREADS": "1",
        }
        install = ["--command", "extension", "install-file", "--repo", "user_default", "--enable", str(zips[-1])]
        subprocess.run([*blender, *install], env=environment, check=True)
        inside = [
            "--background",
            "--python-exit-code",
            "1",
            "--python-expr",
            f"import sys; sys.path[:0] = [{str(packages)!r}]",
        ]
        words = [*blender, *inside, "--python", str(Path(__file__).resolve()), "--", *options]
        return subprocess.run(words, env=environment, check=False).returncode


def gather_packages(folder: Path) -> None:
    """Links to the pure Python packages that the tests need, and to nothing else: Blender keeps its own NumPy."""
    folder.mkdir()
    for name in PACKAGES:
        files = distribution(name).files or ()
        for top in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(distribution(name).locate_file(top))


class InstalledExtension(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets the tests' ``emotalk.x`` be the very module that Blender has loaded under the extension's name."""

    def find_spec(self, name, path=None, target=None):
        """Answer for ``emotalk`` and everything in it."""
        if name.partition(".")[0] == "emotalk":
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec):
        """The module under its real name."""
        module = importlib.import_module(INSTALLED + spec.name.removeprefix("emotalk"))
        self._spec, self._loader = module.__spec__, module.__loader__
        return module

    def exec_module(self, module):
        """It has run already; only the import machinery's marks on it are taken back."""
        module.__spec__, module.__loader__ = self._spec, self._loader


def run_pytest(options: list[str]) -> int:
    """The rooms that need Blender; the others are tested outside of it."""
    sys.meta_path.insert(0, InstalledExtension())
    import pytest

    rooms = [str(ROOT / "tests" / room) for room in ("blender_emotalk", "operators", "panels")]
    return int(pytest.main([*(options or rooms), "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]))


if __name__ == "__main__":
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    if "bpy" not in sys.modules:
        sys.exit(main(arguments))
    status = run_pytest(arguments)
    if status:
        sys.exit(status)
