"""``emotalk weights``: import, list, verify, remove and download weights, and rename their emotions."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .actions import action_adder
from .blender_process import leave, quiet_blender
from .complaints import GOOD, SOME_FAILED, UsageError, complain, status_of
from .progress import ProgressBar

if TYPE_CHECKING:
    from ..inference.checkpoints.catalogue import CatalogueEntry
    from ..inference.checkpoints.library import InstalledWeights, Leftover

SUMMARY = "import, list, verify, remove and download weights"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every action."""
    add = action_adder(parser, _ACTIONS)
    bring = add("import", "check a checkpoint and install it as weights")
    bring.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        help="EmoTalk.pth, EMOTE's last.ckpt, a training of your own, or .safetensors",
    )
    bring.add_argument("--name", default="", metavar="NAME", help="name of the weights; the file's if not given")
    bring.add_argument(
        "--licence",
        default="",
        metavar="TEXT",
        help="licence of the weights, for a training of your own; the released weights are for non-commercial use",
    )
    bring.add_argument(
        "--demo-audio",
        action="store_true",
        help="for EMOTE: give it the sound as the released demo does, with a zero after every 640 samples",
    )
    bring.add_argument("--overwrite", action="store_true", help="replace weights of that name")
    bring.add_argument("--yes", action="store_true", help="do not ask about the licence")
    add("list", "list the weights that are installed")
    verify = add("verify", "read every byte of weights and compare with the import")
    verify.add_argument("name", nargs="?", metavar="NAME", help="which; all if not given")
    remove = add("remove", "delete weights of your own")
    remove.add_argument("name", nargs="?", metavar="NAME", help="which")
    remove.add_argument("--leftovers", action="store_true", help="delete what interrupted imports left instead")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    rename = add("rename-emotions", "give the emotions of weights of your own other names")
    rename.add_argument("name", metavar="NAME", help="which weights")
    rename.add_argument("pairs", nargs="+", metavar="OLD=NEW", help='such as "Mood 1=sulky"')
    picture = add("picture", "draw the learnt emotions of weights as a picture beside them")
    picture.add_argument("name", metavar="NAME", help="which weights")
    get = add("get", "download a file of the catalogue, or list the catalogue")
    get.add_argument("name", nargs="?", metavar="NAME", help="which; without it, the catalogue is listed")
    get.add_argument("--sha256", type=_sha256, metavar="HASH", help="the expected hash, if the catalogue has none")
    get.add_argument("--yes", action="store_true", help="accept an unverified file if no hash is known")


def run(options: argparse.Namespace) -> int:
    """Run the action."""
    return int(options.act(options))


def _import(options: argparse.Namespace) -> int:
    from ..inference.checkpoints.importing import import_weights, licence_notice
    from ..inference.checkpoints.library import place_for

    checkpoint = Path(options.checkpoint)
    place_for(options.name or checkpoint.stem, options.overwrite)  # before any question
    notice = licence_notice(checkpoint, options.licence)
    ask = bool(notice) and not options.yes and sys.stdin.isatty()
    if ask and not _agreed(f"{notice}\nImport them?"):
        print("Nothing was imported")
        return SOME_FAILED
    imported = import_weights(checkpoint, options.name, options.overwrite, options.licence, options.demo_audio)
    weights = imported.weights
    print(f"{weights.model_id} is installed: {', '.join(filter(None, (_size(weights.bytes), weights.licence)))}")
    if imported.unknown:
        print(f"Not used by the network: {', '.join(imported.unknown)}")
    if notice and not ask:
        print(notice)
    return GOOD


def _list(_options: argparse.Namespace) -> int:
    from ..inference.checkpoints.library import installed_weights, leftovers, user_weights_folder

    _print_table([_row(weights) for weights in installed_weights()])
    print(f"Your own weights are in {user_weights_folder()}")
    left = leftovers()
    if left:
        print(f"Interrupted imports left {_files(left)} there; emotalk weights remove --leftovers deletes them")
    return GOOD


def _verify(options: argparse.Namespace) -> int:
    from ..inference.checkpoints.library import installed_weights, verify_weights

    names = [options.name] if options.name else [weights.model_id for weights in installed_weights()]
    status = GOOD
    for name in names:
        try:
            was_noted = verify_weights(name)
        except Exception as error:
            complain(error, verbose=options.verbose)
            status = SOME_FAILED
        else:
            print(f"{name}: {'unchanged' if was_noted else 'complete; no hash is stored to compare with'}")
    return status


def _remove(options: argparse.Namespace) -> int:
    from ..inference.checkpoints.library import find_weights, remove_weights

    if bool(options.name) == options.leftovers:
        raise UsageError("emotalk weights remove takes either a NAME or --leftovers")
    if options.leftovers:
        return _remove_leftovers()
    weights = find_weights(options.name)
    if not options.yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{weights.path} is only deleted with --yes")
        if not _agreed(f"Delete {weights.path}?"):
            return SOME_FAILED
    remove_weights(options.name)
    print(f"{weights.path} was deleted")
    return GOOD


def _rename_emotions(options: argparse.Namespace) -> int:
    from ..inference.checkpoints.importing import rename_emotions

    pairs = dict(pair.partition("=")[::2] for pair in options.pairs)
    if not all(pairs.values()):
        raise UsageError('emotalk weights rename-emotions takes pairs OLD=NEW, such as "Mood 1=sulky"')
    weights = rename_emotions(options.name, pairs)
    print(f"{weights.model_id} has the emotions {', '.join(weights.spec.emotions)}")
    return GOOD


def _picture(options: argparse.Namespace) -> int:
    from ..face.atomic_file import replacing
    from ..face.curves import FaceCurves
    from ..inference.checkpoints.library import find_weights
    from ..inference.checkpoints.safetensors_file import read_safetensors
    from ..inference.contract import EmoTalkError

    weights = find_weights(options.name)
    arrays, _ = read_safetensors(weights.path)
    if not len(arrays.get("emotion.poses", ())):
        raise EmoTalkError(f"{weights.model_id} has no learnt emotions to draw; models of Karras et al. 2017 have some")
    try:
        from ..demo.mood_pictures import picture_moods
    except ImportError as error:
        raise EmoTalkError(
            f"A picture needs Blender's Python module and Pillow ({error}); run: pip install 'emotalk[blender,demo]'"
        ) from None

    def draw() -> int:
        poses = FaceCurves(arrays["emotion.poses"].astype("float32"), weights.spec.basis, weights.spec.fps)
        with quiet_blender():
            sheet = picture_moods(weights.spec.emotions, poses)
        with replacing(weights.picture_path) as part:
            sheet.save(part, "PNG")
        print(weights.picture_path)
        return GOOD

    leave(status_of(draw, verbose=options.verbose))


def _remove_leftovers() -> int:
    from ..inference.checkpoints.library import leftovers, remove_leftovers

    removed, left = remove_leftovers(), leftovers()
    print(f"{_files(removed)} of interrupted imports deleted" if removed else "Interrupted imports left nothing")
    for leftover in left:
        print(f"{leftover.path} cannot be deleted", file=sys.stderr)
    return SOME_FAILED if left else GOOD


def _get(options: argparse.Namespace) -> int:
    from ..inference.checkpoints.catalogue import catalogue, fetch, find_entry
    from ..inference.checkpoints.importing import import_weights
    from ..inference.registry import NETWORKS

    if options.name is None:
        print("\n\n".join(map(_describe, catalogue())))
        return GOOD
    entry = find_entry(options.name)
    if entry.url and not (entry.sha256 or options.sha256 or options.yes):
        raise UsageError(
            f"No hash of {entry.name} is known to verify it with; give one with --sha256, or skip it with --yes"
        )
    print(f"{entry.name}: {entry.licence}, see {entry.page}", file=sys.stderr)
    with ProgressBar(1) as bar:

        def show(there: int, total: int | None) -> None:
            bar.show(there / total if total else 0, f"{entry.name}: {_size(there)}")

        path = fetch(entry, options.sha256, show)
    if entry.architecture in NETWORKS:
        path = import_weights(path, entry.name).weights.path
    print(path)
    return GOOD


_ACTIONS = {
    "import": _import,
    "list": _list,
    "verify": _verify,
    "remove": _remove,
    "rename-emotions": _rename_emotions,
    "picture": _picture,
    "get": _get,
}


def _agreed(question: str) -> bool:
    print(f"{question} (yes/no) ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _row(weights: "InstalledWeights") -> tuple[str, ...]:
    remarks = [
        "built in" if weights.is_bundled else "",
        "needs PyTorch" if weights.needs_torch else "",
        "" if weights.hears else "for training, no model for a line",
        f"damaged: {weights.damage}" if weights.damage else "",
    ]
    return (
        weights.model_id,
        weights.network or "?",
        _size(weights.bytes),
        weights.licence or "no licence stated",
        ", ".join(filter(None, remarks)),
    )


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def _describe(entry: "CatalogueEntry") -> str:
    how = "by hand" if entry.url is None else "hash known" if entry.sha256 else "no hash known"
    size = f", {_size(entry.bytes)}" if entry.bytes else ""
    return f"{entry.name} ({entry.licence}; {how}{size})\n  {entry.sentence}\n  {entry.page}"


def _files(files: "Sequence[Leftover]") -> str:
    return f"{len(files)} file{'s' * (len(files) != 1)} ({_size(sum(file.bytes for file in files))})"


def _size(count: int) -> str:
    size, unit = count / 1e6, "MB"
    if size >= 1000:
        size, unit = size / 1000, "GB"
    return f"{size:.1f} {unit}"


def _sha256(text: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"a SHA-256 has 64 hexadecimal digits, not {text!r}")
    return text.lower()
