"""The bpy wheel as the program ``blender``: ``wheel_blender.py -b -y FILE -c emotalk WORD …``, with EmoTalk enabled."""

import os
import sys

import bpy
import emotalk


def main(words):
    given, command = words[: words.index("-c")], words[words.index("-c") + 1 :]
    assert given[:2] == ["-b", "-y"]
    assert command.pop(0) == "emotalk"
    bpy.context.preferences.addons.new().module = "emotalk"
    emotalk.register()
    for path in given[2:]:
        bpy.ops.wm.open_mainfile(filepath=path)
    from emotalk.command_line.main import BLENDER_COMMANDS
    from emotalk.command_line.main import main as run

    try:
        status = run(command, BLENDER_COMMANDS)
    except SystemExit as ended:
        status = ended.code
    emotalk.unregister()
    return status


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status or 0))  # the wheel may hang when the interpreter ends
