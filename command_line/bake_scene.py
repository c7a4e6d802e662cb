"""``blender -b scene.blend -c emotalk bake``: many lines without a window, on one machine or on a farm."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..dialogue.number_ranges import RangeError, parse_numbers, write_numbers
from ..face.atomic_file import check_place
from ..inference.contract import EmoTalkError
from .bake_jobs import bake_at_once
from .complaints import GOOD, SOME_FAILED, UsageError
from .job_progress import JobProgress
from .model_options import add_placement_options, placement_of
from .progress import ProgressBar
from .scene_files import check_target, named, save

if TYPE_CHECKING:
    import bpy

    from ..blender_emotalk.batch import LineResult
    from ..blender_emotalk.line_parts import Numbered

SUMMARY = "animate many lines of the open file"

_SECONDS_BETWEEN_LOOKS: Final = 0.002
_PAGES: Final = (".html", ".htm")
_PROGRESS: Final = {"bar": ProgressBar, "openjd": JobProgress}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    which = parser.add_argument_group("which lines")
    which.add_argument("--cues", metavar="FILE", help="first add the lines of this cue sheet (CSV or JSON)")
    which.add_argument(
        "--zero", metavar="TIMECODE", default="", help="the timecode of the scene's start frame in the sheet (0)"
    )
    which.add_argument("--leave-out-bad", action="store_true", help="add the good rows of a sheet that has bad ones")
    which.add_argument(
        "--scenes", nargs="+", metavar="NAME", help="the scenes; the one that the file opens with if not given"
    )
    which.add_argument(
        "--lines", type=_numbers, metavar="NUMBERS", help="lines by number, such as 1-3,7; all if not given"
    )
    which.add_argument(
        "--stale", action="store_true", help="only lines without keys, or whose sound or settings have changed"
    )
    which.add_argument("--list", action="store_true", help="print the lines with their numbers, and do nothing else")
    result = parser.add_argument_group("result")
    result.add_argument("-o", "--out", type=Path, metavar="FILE", help="the .blend to write; the open one if not given")
    result.add_argument("--overwrite", action="store_true", help="replace another existing .blend, or a report")
    result.add_argument("--report", type=Path, metavar="FILE", help="write what became of each line, as JSON or .html")
    farm = parser.add_argument_group("farms")
    either = farm.add_mutually_exclusive_group()
    either.add_argument("--parts", type=Path, metavar="FOLDER", help="write a part for each line there, and no .blend")
    either.add_argument(
        "--from-parts", type=Path, metavar="FOLDER", help="write the keys from the parts in this folder"
    )
    farm.add_argument(
        "--jobs", type=_count, default=1, metavar="NUMBER", help="perform so many lines at the same time (1)"
    )
    farm.add_argument(
        "--progress", choices=_PROGRESS, default="bar", help="a bar on a terminal, or lines for Open Job Description"
    )
    add_placement_options(parser, default=None)


def run(options: argparse.Namespace) -> int:
    """Animate the lines and save the file, or write parts; 0 only if every line was done."""
    if options.stale and (options.parts or options.from_parts):
        raise UsageError("--stale looks at this machine's files; leave it out with --parts and --from-parts")
    target = None if options.parts or options.list else _target(options)
    if options.report:
        _check_report(options.report, options.overwrite)
    scenes = _scenes(options)
    if options.cues:
        _add_cues(scenes[0], options)
    jobs = _chosen(scenes, options)
    if options.list:
        return _print_list(jobs)
    if not jobs:
        print("emotalk: there is no line to bake", file=sys.stderr)
        return GOOD if options.stale else SOME_FAILED
    with _PROGRESS[options.progress](len(jobs)) as progress:
        results = list(_told(_results(jobs, options, progress), len(jobs), progress))
    from ..blender_emotalk import report_pages, reports

    if target is not None and any(not result.is_bad for result in results):
        reports.keep(scenes[0], results)
        save(target)
        print(f"saved {target}")
    if options.report:
        write = report_pages.write_page if options.report.suffix.lower() in _PAGES else reports.write_json
        write(options.report, results)
    failed = sum(result.is_bad for result in results)
    if not failed:
        return GOOD
    sentence = f"{failed} of {len(results)} line{'' if len(results) == 1 else 's'} failed"
    if isinstance(progress, JobProgress):
        progress.fail(sentence)
    print(f"emotalk: {sentence}", file=sys.stderr)
    return SOME_FAILED


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return parse_numbers(text)
    except RangeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"A number of jobs is 1 or more, not {text!r}")
    return int(text)


def _target(options: argparse.Namespace) -> Path:
    import bpy

    target = options.out.absolute() if options.out else Path(bpy.data.filepath)
    if target == Path():
        raise UsageError("No file is open; give the file to save with -o")
    check_target(target, options.overwrite)
    return target


def _check_report(path: Path, overwrite: bool) -> None:
    """Raises EmoTalkError if the report cannot be put there."""
    try:
        check_place(path, overwrite=overwrite)
    except EmoTalkError as error:
        raise EmoTalkError(f"{error}; --overwrite replaces it") from None
    if not path.absolute().parent.is_dir():
        raise EmoTalkError(f"There is no folder {path.absolute().parent} for the report")


def _scenes(options: argparse.Namespace) -> list["bpy.types.Scene"]:
    import bpy

    from ..blender_emotalk.access import scene_of

    if not options.scenes:
        return [scene_of(bpy.context)]
    return [named(bpy.data.scenes, name, "scene") for name in dict.fromkeys(options.scenes)]


def _add_cues(scene: "bpy.types.Scene", options: argparse.Namespace) -> None:
    """Add the lines of the sheet; each bad row is printed. Raises EmoTalkError if nothing was added."""
    from ..blender_emotalk.cue_lines import add_sheet
    from ..dialogue.cue_sheet import CueSheetError

    path = Path(options.cues)
    try:
        added = add_sheet(scene, path, zero=options.zero, leave_out_bad=options.leave_out_bad)
    except CueSheetError as error:
        first, *rows = str(error).splitlines()
        if not first.startswith("Row "):
            raise
        for told in (first, *rows):
            print(f"emotalk: {told}", file=sys.stderr)
        raise EmoTalkError(f"{path.name} has bad rows; mend them, or leave them out with --leave-out-bad") from None
    for row, sentence in sorted(added.left_out.items()):
        print(f"emotalk: Row {row}: {sentence}", file=sys.stderr)
    print(added.sentence)


def _chosen(scenes: Sequence["bpy.types.Scene"], options: argparse.Namespace) -> "Numbered":
    """The wanted lines with their numbers. Raises UsageError for numbers that there are not."""
    from ..blender_emotalk import batch

    jobs = list(enumerate(batch.jobs_of(scenes), 1))
    if options.lines:
        beyond = [number for number in options.lines if number > len(jobs)]
        if beyond:
            raise UsageError(f"There are {len(jobs)} lines, so there is no line {write_numbers(beyond)}")
        jobs = [jobs[number - 1] for number in options.lines]
    if options.stale:
        stale = set(batch.jobs_of(scenes, batch.STALE))
        jobs = [(number, job) for number, job in jobs if job in stale]
    return jobs


def _print_list(jobs: "Numbered") -> int:
    for number, job in jobs:
        print(f"{number}\t{job.scene[1]}\t{job.name}")
    return GOOD


def _results(
    jobs: "Numbered", options: argparse.Namespace, progress: "ProgressBar | JobProgress"
) -> Iterator["LineResult"]:
    """What becomes of each line, as it is done."""
    from ..blender_emotalk import line_parts

    if options.from_parts:
        yield from line_parts.apply_parts(jobs, options.from_parts)
    elif options.parts:
        yield from line_parts.write_parts(jobs, options.parts, placement_of(options), progress.show)
    elif options.jobs > 1 and len(jobs) > 1:
        with tempfile.TemporaryDirectory(prefix="emotalk-parts-") as folder:
            numbers = [number for number, _job in jobs]
            bake_at_once(numbers, options.jobs, _words_for_others(options), Path(folder), progress)
            yield from line_parts.apply_parts(jobs, Path(folder))
    else:
        yield from _animated(jobs, options)


def _words_for_others(options: argparse.Namespace) -> list[str]:
    """The words with which another Blender finds the same lines and performs them in the same way."""
    words = [f"--cues={Path(options.cues).absolute()}", f"--zero={options.zero}"] if options.cues else []
    if options.leave_out_bad:
        words.append("--leave-out-bad")
    if options.scenes:
        words += ["--scenes", *options.scenes]
    for name, value in placement_of(options).items():
        words.append(f"--{name}" if value is True else f"--{name}={value}")
    return words


def _animated(jobs: "Numbered", options: argparse.Namespace) -> Iterator["LineResult"]:
    """Write keys in this file; whoever stops asking cancels what is left."""
    from ..blender_emotalk.batch import Batch

    work = Batch([job for _number, job in jobs], placement_of(options))
    told = 0
    try:
        while told < len(jobs):
            work.look()
            yield from work.results[told:]
            told = len(work.results)
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    finally:
        work.cancel()


def _told(results: Iterator["LineResult"], count: int, progress: "ProgressBar | JobProgress") -> Iterator["LineResult"]:
    """Print each result as it comes, failures on stderr."""
    for number, result in enumerate(results, 1):
        words = ". ".join(result.remarks) or (f"{result.keys:,} keys" if result.keys else "done")
        sentence = f"{result.line}: {words} ({result.seconds:.1f} s)"
        progress.say(sentence, sys.stderr if result.is_bad else sys.stdout)
        progress.show(number, f"{number} of {count}")
        yield result
