"""``emotalk captures``: list an actor's captured takes in a project file, and check them before training."""

import argparse
from pathlib import Path

from .actions import action_adder
from .complaints import GOOD, SOME_FAILED
from .job_progress import JobProgress
from .progress import ProgressBar

SUMMARY = "list captured takes in a project file, and check them before training"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of both actions."""
    add = action_adder(parser, _ACTIONS)
    init = add("init", "find the takes in a folder and write a project file")
    init.add_argument("folder", metavar="FOLDER", type=Path, help="with curves, and sounds of the same names")
    init.add_argument("-o", "--output", metavar="FILE", type=Path, help="the project file (FOLDER/project.toml)")
    init.add_argument("--actor", default="", metavar="NAME", help="whose captures they are; the folder's name")
    init.add_argument("--overwrite", action="store_true", help="replace a project file")
    check = add("check", "check every take of a project; exit status 1 if one cannot be trained on")
    check.add_argument("project", metavar="PROJECT.toml", type=Path, help="the project file")
    check.add_argument("--fix", action="store_true", help="write offsets and rates that were measured into the project")
    check.add_argument(
        "--report", metavar="FOLDER", type=Path, help="where check.html and check.json go (check, beside the project)"
    )
    check.add_argument(
        "--job-progress", action="store_true", help="print the progress as lines for Open Job Description"
    )


def run(options: argparse.Namespace) -> int:
    """Run the action."""
    return int(options.act(options))


def _init(options: argparse.Namespace) -> int:
    from ..training.captures.looking import write_project

    written = write_project(options.folder, options.output, options.actor, options.overwrite)
    for name, reason in written.left_out:
        print(f"Left out: {name}: {reason}")
    takes = "1 take" if written.takes == 1 else f"{written.takes} takes"
    print(f"{written.path} lists {takes}; look at their labels, then run: emotalk captures check {written.path}")
    return GOOD


def _check(options: argparse.Namespace) -> int:
    from ..training.captures.check import ProjectCheck, check_project
    from ..training.captures.last_check import FOLDER
    from ..training.captures.project import read_project
    from ..training.captures.repair import repairs, write_repairs
    from ..training.captures.report import verdict, write_report

    def look() -> ProjectCheck:
        project = read_project(options.project)
        with JobProgress(1) if options.job_progress else ProgressBar(1) as bar:
            return check_project(project, lambda done: bar.show(done, "Checking"))

    check = look()
    found = repairs(check)
    if found and options.fix:
        write_repairs(options.project, found)
    for name, settings in found.items():
        words = ", ".join(f"{key} = {value:g}" for key, value in settings.items())
        print(f"{name}: {words} {'was written' if options.fix else 'would fit; --fix writes it'}")
    if found and options.fix:
        check = look()
    for take in check.takes:
        for finding in take.findings:
            print(f"{take.entry.name}: {finding.grade}: {finding.sentence}")
    for finding in check.findings:
        print(f"{finding.grade}: {finding.sentence}")
    page = write_report(options.report or options.project.parent / FOLDER, check)
    print(f"{verdict(check)}. The report is {page}")
    return SOME_FAILED if check.errors else GOOD


_ACTIONS = {"init": _init, "check": _check}
