import itertools

import numpy as np
import pytest
from emotalk.demo.contact_sheet import PhoneLabel, choose_moments, draw_contact_sheet
from emotalk.demo.production import read_phones
from emotalk.inference.contract import EmoTalkError
from PIL import Image


def test_moments_are_spread_where_no_phones_are_known():
    assert choose_moments(6.0, [], 3) == [1.0, 3.0, 5.0]


def test_moments_are_the_middles_of_phones_that_show_on_the_lips():
    phones = [PhoneLabel(0, 1, "pau"), PhoneLabel(1, 1.2, "m"), PhoneLabel(1.2, 1.4, "t"), PhoneLabel(1.4, 1.8, "aa")]
    assert choose_moments(2.0, phones, 2) == [1.1, 1.6]


def test_the_sheet_holds_every_picture_and_the_waveform():
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]
    stills = [Image.new("RGB", (60, 60), colour) for colour in colours]
    samples = np.sin(np.arange(16000)).astype(np.float32)
    moments = [0.1, 0.3, 0.5, 0.7, 0.9]
    sheet = draw_contact_sheet(stills, moments, samples, 16000, [PhoneLabel(0, 1, "aa")], "a line", columns=3)
    pixels = np.asarray(sheet).reshape(-1, 3)
    for colour in colours:
        assert (pixels == colour).all(axis=1).sum() > 2000
    silent = draw_contact_sheet(stills, moments, 0 * samples, 16000, [PhoneLabel(0, 1, "aa")], "a line", columns=3)
    assert np.abs(np.asarray(sheet, int) - np.asarray(silent, int)).sum() > 0


def test_label_files_are_read_and_a_bad_line_is_named(tmp_path, line_wav):
    phones = read_phones(line_wav.with_suffix(".phones"))
    assert phones[0].start == 0
    assert all(before.end == after.start for before, after in itertools.pairwise(phones))
    assert read_phones(tmp_path / "none.phones") == []
    (tmp_path / "bad.phones").write_text("0.2 pau\nsoon ay\n")
    with pytest.raises(EmoTalkError, match="'soon ay'"):
        read_phones(tmp_path / "bad.phones")
