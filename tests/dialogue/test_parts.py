"""Parts: whole, of this line, or refused with a sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from emotalk.dialogue.parts import (
    Part,
    PartError,
    check_content,
    check_parts,
    missing_parts,
    read_part,
    write_part,
)
from emotalk.face.eyes import merge_eyes

PART = Part(7, "Scene", "héllo", "", "No voice was found", 1.5, "abc")


def test_a_part_comes_back(tmp_path, performance):
    made = performance()
    write_part(tmp_path / "parts", PART, made)
    report, found = read_part(tmp_path / "parts", 7)
    assert report == PART
    np.testing.assert_array_equal(found.face.values, merge_eyes(made).face.values)
    np.testing.assert_array_equal(found.head.values, made.head.values)
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["line-00007.json", "line-00007.npz"]


def test_a_line_that_is_baked_again_replaces_its_part(tmp_path, performance):
    write_part(tmp_path, PART, performance())
    write_part(tmp_path, replace(PART, content="new"), performance(frames=12))
    report, found = read_part(tmp_path, 7)
    assert (report.content, found.face.frames) == ("new", 12)


def test_an_interrupted_second_bake_leaves_no_part_of_both(tmp_path, performance, monkeypatch):
    write_part(tmp_path, PART, performance())
    broken = performance(frames=5)
    broken.face.values[0, 0] = np.nan
    with pytest.raises(ValueError, match="not numbers"):
        write_part(tmp_path, PART, broken)
    assert missing_parts(tmp_path, [7]) == (7,)


def test_missing_parts_are_named(tmp_path, performance):
    write_part(tmp_path, PART, performance())
    check_parts(tmp_path, [7])
    with pytest.raises(PartError, match="no parts of lines 1-3,9 in"):
        check_parts(tmp_path, [1, 2, 3, 7, 9])
    with pytest.raises(PartError, match="no parts of line 8 in"):
        read_part(tmp_path, 8)


def test_a_line_that_failed_says_why(tmp_path):
    write_part(tmp_path, replace(PART, failure="There is no file x.wav"), None)
    with pytest.raises(PartError, match=r"Line 7 \(héllo\) failed: There is no file x.wav"):
        read_part(tmp_path, 7)


def test_curves_of_another_run_are_damage(tmp_path, performance):
    write_part(tmp_path, PART, performance())
    write_part(tmp_path / "other", PART, performance(seed=2))
    (tmp_path / "other" / "line-00007.npz").replace(tmp_path / "line-00007.npz")
    with pytest.raises(PartError, match=r"line-00007.npz is damaged; bake line 7 again"):
        read_part(tmp_path, 7)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found.pop("line"), "is damaged"),
        (lambda found: found.update(number="7"), "is damaged"),
        (lambda found: found.update(seconds=True), "is damaged"),
        (lambda found: found.update(number=8), "is that of line 8"),
        (lambda found: found.update(emotalk_part=2), "another version"),
        (lambda found: found.clear(), "is damaged"),
    ],
)
def test_a_damaged_report_is_a_sentence(tmp_path, performance, change, words):
    write_part(tmp_path, PART, performance())
    path = tmp_path / "line-00007.json"
    found = json.loads(path.read_text("utf-8"))
    change(found)
    path.write_text(json.dumps(found), "utf-8")
    with pytest.raises(PartError, match=words):
        read_part(tmp_path, 7)


def test_a_part_of_another_sound_is_refused():
    check_content(PART, "abc")
    with pytest.raises(PartError, match="made of another sound"):
        check_content(PART, "abd")
