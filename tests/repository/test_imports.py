"""The arrows of docs/architecture.md: every import statement of the package, held to its table of rooms."""

import ast
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/architecture.md"
BLENDER = {"aud", "blf", "bmesh", "bpy", "gpu", "gpu_extras", "mathutils"}
ANYWHERE = {*sys.stdlib_module_names, "numpy"}
OTHERS_ANYWHERE = ("training.*", "demo.*", "inference.models.*", "inference.checkpoints.*")
"""Modules that may import third-party packages at their head ..."""
OTHERS_IN_FUNCTIONS = ("inference.*", "command_line.*", "face.usd_weights")
"""... and those that may do so inside functions only."""


@dataclass(frozen=True)
class Room:
    """A row of the table.

    Attributes:
        name: "face", "inference.torch_environment", or "" for the package's own ``__init__.py``.
        floor: its number; None where nothing is imported.
        may_import: rooms and modules, by their dotted names.
        all_below: whether every room on a lower floor may be imported too.
        bpy: "never", "inside functions" or "always".
    """

    name: str
    floor: int | None
    may_import: tuple[str, ...]
    all_below: bool
    bpy: str


@dataclass(frozen=True)
class Import:
    """One imported module.

    Attributes:
        line: its line number.
        module: the dotted name, within the package for relative imports.
        is_own: whether it was a relative import.
        place: "head", "function", or "types" for what only a type checker sees.
    """

    line: int
    module: str
    is_own: bool
    place: str


def rooms_of(page: str) -> list[Room]:
    """The table of rooms; rooms within rooms come first."""
    rooms = []
    for row in re.findall(r"^\| (?:\d|–) \|.*\|$", page, re.MULTILINE):
        floor, names, _, may_import = (cell.strip() for cell in row.strip("|").split(" |"))
        bpy = re.search(r"\*\*bpy\*\*( inside functions)?", may_import)
        for name in re.findall(r"`([\w/.]+)`", names):
            rooms.append(
                Room(
                    name.removesuffix("__init__.py").removesuffix(".py").rstrip("/").replace("/", "."),
                    int(floor) if floor.isdigit() else None,
                    tuple(re.findall(r"`([\w.]+)`", may_import)),
                    "any room below" in may_import,
                    "never" if bpy is None else "inside functions" if bpy[1] else "always",
                )
            )
    return sorted(rooms, key=lambda room: -room.name.count("."))


def modules_of(root: Path, rooms: list[Room]) -> dict[str, Path]:
    """Every module of the rooms that take part, by its dotted name within the package."""
    paths = [
        path
        for room in rooms
        for path in ([root / "__init__.py"] if not room.name else [root / f"{room.name}.py"])
        + sorted((root / room.name.replace(".", "/")).rglob("*.py") if room.floor is not None and room.name else [])
        if path.is_file()
    ]
    return {_module_name(path.relative_to(root)): path for path in paths}


def imports_of(source: str, module: str, is_package: bool) -> list[Import]:
    """Every module that import statements name, wherever they stand."""
    package = module.split(".") if module else []
    package = package if is_package else package[:-1]
    return list(_walk(ast.parse(source), package, "head"))


def broken_rules(root: Path) -> list[str]:
    """One sentence for each import that the table does not allow."""
    rooms = rooms_of((root / PAGE).read_text("utf-8"))
    modules = modules_of(root, rooms)
    imports = {
        module: imports_of(path.read_text("utf-8"), module, path.name == "__init__.py")
        for module, path in modules.items()
    }
    heavy = _heavy_modules(imports)
    complaints = []
    for module, found in imports.items():
        where = modules[module].relative_to(root).as_posix()
        for each in found:
            if reason := _reason_against(module, each, rooms, modules, heavy):
                complaints.append(f"{where}:{each.line}: {each.module or 'the package'}: {reason}")
    return complaints


def _module_name(path: Path) -> str:
    return ".".join(path.parts[:-1] if path.name == "__init__.py" else path.with_suffix("").parts)


def _walk(node: ast.AST, package: list[str], place: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(child.lineno, alias.name, False, place)
        elif isinstance(child, ast.ImportFrom) and not child.level:
            yield Import(child.lineno, child.module or "", False, place)
        elif isinstance(child, ast.ImportFrom):
            up = child.level - 1
            base = ["..", *package] if up > len(package) else package[: len(package) - up]
            base = base + (child.module.split(".") if child.module else [])
            # A name may be a module of the package or something in it; both are looked up where it matters.
            for alias in child.names:
                yield Import(child.lineno, ".".join([*base, alias.name]), True, place)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk(child, package, "types" if place == "types" else "function")
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _walk(ast.Module([part], []), package, "types")
            for part in child.orelse:
                yield from _walk(ast.Module([part], []), package, place)
        else:
            yield from _walk(child, package, place)


def _heavy_modules(imports: dict[str, list[Import]]) -> set[str]:
    """The modules that Blender's own Python cannot import: they need another package, or such a module, at once."""
    heads = {module: [each for each in found if each.place == "head"] for module, found in imports.items()}
    heavy = {
        module
        for module, found in heads.items()
        if any(not each.is_own and each.module.split(".")[0] not in ANYWHERE | BLENDER for each in found)
    }
    while True:
        more = {
            module
            for module, found in heads.items()
            if _matches(module, OTHERS_ANYWHERE)
            and any(each.is_own and _target(each, imports) in heavy for each in found)
        }
        if more <= heavy:
            return heavy
        heavy |= more


def _target(each: Import, modules: Collection[str]) -> str:
    """The module that is imported, or out of which a name is imported."""
    return each.module if each.module in modules else each.module.rpartition(".")[0]


def _is_within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.") or not room


def _room_of(module: str, rooms: list[Room]) -> Room | None:
    return next((room for room in rooms if room.name and _is_within(module, room.name)), None)


def _matches(module: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(module, pattern) for pattern in patterns)


def _reason_against(
    module: str, each: Import, rooms: list[Room], modules: dict[str, Path], heavy: set[str]
) -> str | None:
    """Why this module may not import that; None where it may."""
    room = _room_of(module, rooms) or next(room for room in rooms if not room.name)
    if not room.name and each.place == "head":
        return "the package's own __init__.py imports inside functions only"
    if not each.is_own:
        return _reason_against_package(module, each, room, rooms)
    if each.module.startswith(".."):
        return "leads out of the package"
    if _target(each, modules) in heavy and module not in heavy and each.place == "head":
        return "needs a third-party package; import it inside a function"
    target_room = _room_of(each.module, rooms)
    if target_room is None:
        return "is in no room of docs/architecture.md"
    if room.name and _is_within(each.module, room.name):
        return None
    if any(_is_within(each.module, allowed) for allowed in room.may_import):
        return None
    if room.all_below and target_room.floor is not None and room.floor is not None and target_room.floor < room.floor:
        return None
    return f"docs/architecture.md does not let {room.name or '__init__.py'} import it"


def _reason_against_package(module: str, each: Import, room: Room, rooms: list[Room]) -> str | None:
    top = each.module.split(".")[0]
    if top == "emotalk" or top in {other.name.split(".")[0] for other in rooms}:
        return "rooms of ours are imported relatively"
    if top in ANYWHERE or each.place == "types":
        return None
    if top in BLENDER:
        allowed = room.bpy == "always" or (room.bpy == "inside functions" and each.place == "function")
        return None if allowed else f"{room.name} has no bpy{' at its head' if room.bpy != 'never' else ''}"
    if _matches(module, OTHERS_ANYWHERE) or (each.place == "function" and _matches(module, OTHERS_IN_FUNCTIONS)):
        return None
    return "Blender's own Python does not have this package"


# --- the package -----------------------------------------------------------------------------------------------------


def test_every_import_follows_the_table_of_rooms():
    assert broken_rules(ROOT) == []


def test_every_folder_of_python_is_a_room():
    rooms = {room.name.split(".")[0] for room in rooms_of((ROOT / PAGE).read_text("utf-8"))}
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders - rooms == set()


# --- the checker, on small trees -------------------------------------------------------------------------------------

TABLE = """
| floor | room | what lives there | may import |
|---|---|---|---|
| 6 | `__init__.py` | what Blender calls first | `registration` |
| 5 | `registration.py` | the classes | any room below, **bpy** |
| 4 | `panels/` | draws | `blender_emotalk`, `face`, **bpy** |
| 4 | `command_line/` | the command | any room below, `demo`, **bpy** inside functions |
| 4 | `demo/` | films | any room below, **bpy** |
| 2 | `blender_emotalk/` | the scene | `face`, `inference`, **bpy** |
| 1 | `inference/` | sound to curves | `face` |
| 1 | `inference/torch_environment/` | the Python with PyTorch | `face`, `inference.contract` |
| 0 | `face/` | what a face is | NumPy |
| – | `weights/` | data | |
"""


def complaints_about(folder, path, source, **others):
    """What the checker says of a package that is in order but for this file."""
    files = {
        "docs/architecture.md": TABLE,
        "__init__.py": "",
        "registration.py": "from .panels import tab",
        "panels/tab.py": "import bpy\nfrom ..blender_emotalk import runs\nfrom ..face.curves import Curves",
        "command_line/main.py": "def run():\n    import bpy\n    import tqdm\n    from ..demo.film import film",
        "demo/film.py": "import PIL",
        "blender_emotalk/runs.py": "import bpy, mathutils\nfrom ..inference import contract",
        "inference/contract.py": "import numpy as np",
        "inference/models/torch_network.py": "import torch",
        "inference/models/heavy.py": "from .torch_network import Network as Alias",
        "inference/models/loading.py": "def load():\n    from .torch_network import Network",
        "inference/torch_environment/set_up.py": "from ..contract import Error",
        "face/curves.py": "import math\nimport numpy as np\n\nCurves = np.ndarray",
        path: source,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return broken_rules(folder)


def test_a_package_in_order_has_no_complaints(tmp_path):
    assert complaints_about(tmp_path, "weights/__init__.py", "") == []


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("face/arkit.py", "from ..inference import contract", "does not let face import it"),
        ("face/arkit.py", "def late():\n    from ..inference.contract import Error", "does not let face import it"),
        (
            "face/arkit.py",
            "if TYPE_CHECKING:\n    from ..inference import contract",
            "does not let face import it",
        ),
        ("panels/box.py", "from ..inference import contract", "does not let panels import it"),
        ("panels/box.py", "from ..command_line import main", "does not let panels import it"),
        ("demo/stage.py", "from ..command_line.main import run", "does not let demo import it"),
        (
            "inference/torch_environment/environment.py",
            "from ..models import loading",
            "does not let inference.torch",
        ),
        ("face/arkit.py", "from ..weights import data", "does not let face import it"),
        ("face/arkit.py", "import bpy", "face has no bpy"),
        ("inference/engine.py", "def late():\n    import mathutils", "inference has no bpy"),
        ("command_line/main.py", "import bpy", "command_line has no bpy at its head"),
        ("face/arkit.py", "import scipy.signal", "does not have this package"),
        ("face/arkit.py", "def late():\n    import scipy", "does not have this package"),
        ("blender_emotalk/keys.py", "class Keys:\n    import torch", "does not have this package"),
        ("registration.py", "try:\n    import PIL\nexcept ImportError:\n    pass", "does not have this package"),
        ("inference/engine.py", "from torch import nn", "does not have this package"),
        ("command_line/main.py", "from tqdm import tqdm", "does not have this package"),
        ("inference/engine.py", "from .models.torch_network import Network", "import it inside a function"),
        ("inference/engine.py", "from .models import torch_network", "import it inside a function"),
        ("inference/sound.py", "from .models.heavy import Alias", "import it inside a function"),
        ("command_line/main.py", "from ..demo import film", "import it inside a function"),
        ("panels/box.py", "from emotalk.face import curves", "imported relatively"),
        ("panels/box.py", "def late():\n    import face.curves", "imported relatively"),
        ("__init__.py", "from . import registration", "inside functions only"),
        ("__init__.py", "def register():\n    from . import panels", "does not let __init__.py import it"),
        ("face/arkit.py", "from ...other_extension import face", "leads out of the package"),
        ("face/arkit.py", "from ..attic import old", "is in no room"),
    ],
)
def test_a_broken_rule_is_found(tmp_path, path, source, complaint):
    complaints = complaints_about(tmp_path, path, source)
    assert len(complaints) == 1
    assert complaints[0].startswith(f"{path}:")
    assert complaint in complaints[0]
    assert re.match(rf"{re.escape(path)}:\d+: ", complaints[0])


def test_what_only_a_type_checker_sees_needs_no_package(tmp_path):
    source = "if TYPE_CHECKING:\n    import bpy\n    from torch import Tensor"
    assert complaints_about(tmp_path, "inference/engine.py", source) == []
