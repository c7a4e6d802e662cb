"""Progress as Open Job Description reads it."""

import io

from emotalk.command_line.job_progress import JobProgress


def lines_of(*steps, lines=4):
    out = io.StringIO()
    with JobProgress(lines, out) as progress:
        for step in steps:
            progress.show(*step)
    return out.getvalue().splitlines()


def test_only_news_is_printed():
    assert lines_of((0, "Encoding"), (0.001, "Encoding"), (2, "Encoding"), (2, "Choosing keys")) == [
        "openjd_progress: 0",
        "openjd_status: Encoding",
        "openjd_progress: 50",
        "openjd_status: Choosing keys",
    ]


def test_progress_never_goes_back_nor_beyond_the_end():
    assert lines_of((3, "x"), (1, "x"), (9, "x")) == ["openjd_progress: 75", "openjd_status: x", "openjd_progress: 100"]


def test_a_status_is_one_line():
    assert lines_of((0, "one\nopenjd_fail: two"))[1] == "openjd_status: one openjd_fail: two"
    out = io.StringIO()
    JobProgress(1, out).fail("a\nb")
    assert out.getvalue() == "openjd_fail: a b\n"


def test_no_lines_at_all_is_no_error():
    assert lines_of((0, "x"), lines=0) == ["openjd_progress: 0", "openjd_status: x"]
