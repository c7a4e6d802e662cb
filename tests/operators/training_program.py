"""The ``emotalk`` command with one more preset: "small", which trains in seconds and exports the bundled model.

The Python that stands in for one of the animator's runs it: ``python training_program.py ... COMMAND WORDS``.
Its base scores what EMOTALK_TEST_BASE says; a step takes EMOTALK_TEST_SECONDS. What does not train starts as quickly as
it does for an animator: PyTorch is not imported then.
"""

import os
import runpy
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
COMMAND = "__main__.py"


def main(words):
    from emotalk.command_line.main import main as run

    if words[0] == "captures":
        return run(words)
    if words[0] == "train":
        words = [*words, "--threads", "1"]  # two would wait for each other longer than they compute
    add_preset()
    return run(words)


def add_preset():
    from emotalk.inference.checkpoints.safetensors_file import bundled_weights
    from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
    from emotalk.inference.registry import COMPACT_SPEC
    from emotalk.training import presets
    from emotalk.training.preset import Preset, on_captures
    from emotalk.training.recipe import Recipe

    small = runpy.run_path(str(TREE / "tests" / "training" / "small_task.py"))

    class Task(small["SmallTask"]):
        def __init__(self, recipe):
            super().__init__(recipe)
            self.seconds = float(os.environ.get("EMOTALK_TEST_SECONDS", "0"))

        def base_figures(self):
            return {"score": float(os.environ.get("EMOTALK_TEST_BASE", "9"))}

        def export(self, network, path, provenance):
            path.write_bytes(bundled_weights(MODEL_ID).read_bytes())

    presets.PRESETS["small"] = Preset(
        "a small network",
        Path(__file__).with_name("training_program.toml"),
        Recipe,
        on_captures(lambda _project, _read, recipe: Task(recipe)),
        "small.safetensors",
        lambda path: EmoTalkCompact.load(path, COMPACT_SPEC),
        "emotalk-compact",
    )


if __name__ == "__main__":
    runpy.run_path(str(TREE / "inference" / "worker" / "process.py"))["load_tree"]()
    place = next(number for number, word in enumerate(sys.argv) if word.endswith(COMMAND))
    sys.exit(main(sys.argv[place + 1 :]))
