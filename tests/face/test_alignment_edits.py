"""Edits of sounds: whatever is done, the sounds stay in order and without gaps, and only what was meant changes."""

import dataclasses
import itertools
import runpy
from pathlib import Path

import pytest
from emotalk.face.alignment import LEAST_FIT, Alignment, AlignmentError, SpokenWord
from emotalk.face.alignment_edits import (
    CLOSURE_SECONDS,
    SHORTEST,
    boundary_limits,
    change_sound,
    changed_sounds,
    changed_stretch,
    cut,
    delete_sound,
    insert_closure,
    move_boundary,
    move_word,
    put_back,
    sound_at,
    split_sound,
    told,
    word_at,
    word_limits,
)
from emotalk.face.phones import BILABIALS, PHONES, PhoneSegment
from hypothesis import given
from hypothesis import strategies as st

_SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))
LINE, SECONDS = _SPOKEN["alignment"](), _SPOKEN["SECONDS"]
TIMES = st.floats(0, SECONDS)
EDITS = {
    "boundary": lambda line, at, by, name: move_boundary(line, sound_at(line, at), at + by),
    "change": lambda line, at, by, name: change_sound(line, sound_at(line, at), name),
    "delete": lambda line, at, by, name: delete_sound(line, sound_at(line, at)),
    "split": lambda line, at, by, name: split_sound(line, sound_at(line, at), at + by),
    "closure": lambda line, at, by, name: insert_closure(line, at, "B"),
    "word": lambda line, at, by, name: move_word(line, word_at(line, at), by),
}


def names(line):
    return [phone.name for phone in line.phones]


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(EDITS)), TIMES, st.floats(-0.5, 0.5), st.sampled_from(PHONES)), max_size=40
    )
)
def test_sounds_stay_in_order_and_words_within_them(edits):
    line = LINE
    for kind, at, by, name in edits:
        try:
            line = EDITS[kind](line, at, by, name)
        except AlignmentError:
            continue
        assert line.checked().origin == "edited"
        assert line.phones[0].start == 0
        assert line.seconds == SECONDS
        assert min(phone.end - phone.start for phone in line.phones) > SHORTEST - 1e-9
        ends = {round(time, 6) for phone in line.phones for time in (phone.start, phone.end)}
        assert {round(time, 6) for word in line.words for time in (word.start, word.end)} <= ends
        assert all(one.end <= other.start + 1e-9 for one, other in itertools.pairwise(line.words))


@given(TIMES, st.floats(-1, SECONDS + 1))
def test_a_boundary_moves_alone_and_takes_words_with_it(at, to):
    boundary = min(sound_at(LINE, at), len(LINE.phones) - 2)
    moved = move_boundary(LINE, boundary, to)
    low, high = boundary_limits(LINE, boundary)
    assert moved.phones[boundary].end == moved.phones[boundary + 1].start == min(max(to, low), high)
    others = [i for i in range(len(LINE.phones)) if i not in (boundary, boundary + 1)]
    assert [moved.phones[i] for i in others] == [LINE.phones[i] for i in others]
    was = LINE.phones[boundary].end
    for before, after in zip(LINE.words, moved.words, strict=True):
        assert after.start == (moved.phones[boundary].end if before.start == was else before.start)
        assert after.end == (moved.phones[boundary].end if before.end == was else before.end)


def test_an_edit_within_a_word_leaves_its_ends():
    number = next(i for i, phone in enumerate(LINE.phones) if phone.name == "B")
    changed = change_sound(LINE, number, "M")
    assert names(changed)[number] == "M"
    assert changed.words == LINE.words
    assert changed_stretch(LINE, changed) == (LINE.phones[number].start, LINE.phones[number].end)


def test_neighbours_of_a_deleted_sound_meet_in_its_middle():
    number = 5
    gone, line = LINE.phones[number], delete_sound(LINE, number)
    assert names(line) == [*names(LINE)[:number], *names(LINE)[number + 1 :]]
    assert line.phones[number - 1].end == line.phones[number].start == (gone.start + gone.end) / 2
    first, last = delete_sound(LINE, 0), delete_sound(LINE, len(LINE.phones) - 1)
    assert (first.phones[0].start, first.words[0].start) == (0, 0)
    assert last.seconds == last.words[-1].end == SECONDS


def test_a_word_without_sounds_is_gone():
    texts = [word.text for word in LINE.words]
    line = delete_sound(LINE, sound_at(LINE, LINE.words[0].start))
    assert [word.text for word in line.words] == texts[1:]


def test_a_closure_goes_into_a_long_sound_or_between_two():
    vowel = max((p for p in LINE.phones if p.name == "IY"), key=lambda phone: phone.end - phone.start)
    within = insert_closure(LINE, (vowel.start + vowel.end) / 2)
    at = sound_at(within, (vowel.start + vowel.end) / 2)
    assert names(within)[at - 1 : at + 2] == ["IY", "M", "IY"]
    assert within.phones[at].end - within.phones[at].start == pytest.approx(CLOSURE_SECONDS)
    short = next(p for p in LINE.phones if p.name == "S" and p.end - p.start < CLOSURE_SECONDS)
    between = insert_closure(LINE, short.end - 0.005, "P")
    assert len(between.phones) == len(LINE.phones) + 1
    assert between.phones[sound_at(between, short.end)].name == "P"


def test_a_word_moves_with_its_sounds():
    number = next(i for i, word in enumerate(LINE.words) if word.text == "But")
    low, high = word_limits(LINE, number)
    shift = low / 2
    moved = move_word(LINE, number, shift)
    assert low < 0 < high
    assert moved.words[number].start == pytest.approx(LINE.words[number].start + shift)
    first = sound_at(LINE, LINE.words[number].start)
    for before, after in zip(LINE.phones[first : first + 3], moved.phones[first : first + 3], strict=True):
        assert (after.start - before.start, after.end - before.end) == pytest.approx((shift, shift))
    assert names(moved) == names(LINE)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda: sound_at(LINE, SECONDS + 1), "no sound of the line there"),
        (lambda: word_at(LINE, 0.0), "no word there"),
        (lambda: boundary_limits(LINE, len(LINE.phones) - 1), "begins and ends with its sound"),
        (lambda: move_boundary(LINE, -1, 0), "begins and ends with its sound"),
        (lambda: change_sound(LINE, 0, "SIL"), "is SIL already"),
        (lambda: change_sound(LINE, 0, "Ü"), "no sound 'Ü'"),
        (lambda: delete_sound(Alignment((PhoneSegment("SIL", 0, 1),)), 0), "only sound"),
        (lambda: split_sound(Alignment((PhoneSegment("M", 0, 0.03),)), 0, 0.01), "too short"),
        (lambda: insert_closure(LINE, 2.0, "M"), "closed there already, for B"),
        (lambda: insert_closure(LINE, 1.0, "T"), "does not close the lips"),
        (lambda: insert_closure(Alignment((PhoneSegment("T", 0, 0.05),)), 0.03), "too short for a closure"),
        (lambda: insert_closure(LINE, 2.045), "right beside it already, for B"),
        (lambda: move_word(Alignment(LINE.phones, (SpokenWord("all", 0, SECONDS),)), 0, 1), "before or after 'all'"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(edit, sentence):
    with pytest.raises(AlignmentError, match=sentence):
        edit()


def test_only_changed_sounds_are_marked():
    assert not any(changed_sounds(LINE, LINE))
    moved = move_boundary(LINE, 10, LINE.phones[10].end + 0.01)
    assert [i for i, changed in enumerate(changed_sounds(moved, LINE)) if changed] == [10, 11]
    closed = insert_closure(LINE, 2.6)
    assert [closed.phones[i].name for i, changed in enumerate(changed_sounds(closed, LINE)) if changed] == [
        "IY",
        "M",
        "IY",
    ]


@given(TIMES, st.floats(-0.5, 0.5))
def test_nothing_changes_outside_of_the_changed_stretch(at, by):
    moved = EDITS["boundary"](LINE, min(at, 6), by, "")
    stretch = changed_stretch(LINE, moved)
    assert changed_stretch(LINE, LINE) is None
    if stretch is None:
        return
    first, last = stretch
    assert [p for p in moved.phones if p.end <= first or p.start >= last] == [
        p for p in LINE.phones if p.end <= first or p.start >= last
    ]


@given(st.floats(-1, SECONDS - 0.1), st.floats(0.05, SECONDS))
def test_a_section_has_the_same_sounds_at_the_same_moments(first, seconds):
    part = cut(LINE, first, seconds).checked()
    assert part.seconds == pytest.approx(seconds, abs=2e-3)
    for phone in part.phones:
        middle = first + (phone.start + phone.end) / 2
        if 0 <= middle < SECONDS and phone.end - phone.start > 5e-3:
            assert phone.name == LINE.phones[sound_at(LINE, middle)].name
    assert all(0 <= word.start < word.end <= part.seconds + 2e-3 for word in part.words)


def test_a_heard_line_is_told_only_what_was_changed():
    heard = Alignment(LINE.phones)
    assert told(heard, heard) is None
    number = sound_at(heard, 2.6)
    edited = change_sound(heard, number, "M")
    line = told(edited, heard)
    changed = edited.phones[number]
    assert line.phones == edited.phones
    assert [word.fit for word in line.words] == [0, 0]
    assert line.words[0].end == pytest.approx(changed.start - 0.08)
    assert line.words[1].start == pytest.approx(changed.end + 0.08)


def test_words_that_fit_are_told_and_others_only_where_they_were_changed():
    words = tuple(dataclasses.replace(word, fit=0.2 if word.text == "moment" else 1) for word in LINE.words)
    line = Alignment(LINE.phones, words, "aligned")
    assert told(line, line) == line
    number = sound_at(line, 5.15)
    edited = told(change_sound(line, number, "B"), line)
    assert [word.text for word in edited.words if word.fit < LEAST_FIT] == ["moment", "moment"]
    assert not any(word.start < 5.15 < word.end for word in edited.words if word.fit < LEAST_FIT)
    assert [word for word in edited.words if word.fit == 1] == [word for word in words if word.fit == 1]


@given(st.floats(-0.04, 3), st.floats(1, 3.42))
def test_an_edited_section_goes_back_to_its_place(first, seconds):
    part = cut(LINE, first, seconds)
    same = put_back(LINE, part, first).checked()
    assert [phone.name for phone in same.phones] == names(LINE)
    assert [time for p in same.phones for time in (p.start, p.end)] == pytest.approx(
        [time for p in LINE.phones for time in (p.start, p.end)], abs=2e-3
    )
    assert [word.text for word in same.words] == [word.text for word in LINE.words]
    number = sound_at(part, seconds / 2)
    edited = put_back(LINE, change_sound(part, number, "ZH"), first).checked()
    assert edited.phones[sound_at(edited, first + seconds / 2)].name == "ZH"
    assert edited.seconds == pytest.approx(SECONDS, abs=2e-3)


def test_lips_are_closed_by_three_sounds():
    for name in sorted(BILABIALS):
        assert name in names(insert_closure(LINE, 5.4, name))
