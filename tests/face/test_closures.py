"""Lip contacts and blinks are found where they are."""

import numpy as np
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.closures import blink_peaks, kept_frames, lip_contacts
from emotalk.face.curves import FaceCurves


def open_mouth(frames=40):
    values = np.zeros((frames, 52), np.float32)
    values[:, ARKIT.index["jawOpen"]] = 0.4
    return values


def contacts(values):
    return lip_contacts(FaceCurves(values, ARKIT, 30.0)).tolist()


def test_each_contact_is_found_where_it_is_deepest():
    values = open_mouth()
    assert contacts(values) == []
    values[9:12, ARKIT.index["jawOpen"]] = [0.02, 0.0, 0.01]
    values[30, ARKIT.index["jawOpen"]] = 0.0
    assert contacts(values) == [10, 30]


def test_an_m_that_goes_over_into_an_f_is_two_contacts():
    values = open_mouth()
    values[10, ARKIT.index["jawOpen"]] = 0.0
    values[11, ARKIT.index["mouthRollLower"]] = 0.5
    assert contacts(values) == [10, 11]


def test_blinks_are_found_over_lids_that_are_half_closed():
    lid = np.full(60, 0.4)
    lid[[19, 20, 21]] = 0.7, 0.95, 0.8
    lid[[40, 41]] = 0.45, 0.42  # no blink
    lid[[50, 51]] = 0.9  # held for two frames
    assert blink_peaks(lid, 30.0).tolist() == [20, 50]
    assert blink_peaks(np.linspace(0, 1, 60), 30.0).tolist() == []


def test_only_channels_that_take_part_have_frames_to_keep():
    values = open_mouth()
    values[10, ARKIT.index["jawOpen"]] = 0.0
    values[20, ARKIT.index["eyeBlinkLeft"]] = 1.0
    kept = kept_frames(FaceCurves(values, ARKIT, 30.0))
    assert kept["jawOpen"].tolist() == kept["mouthRollUpper"].tolist() == [10]
    assert kept["eyeBlinkLeft"].tolist() == [20]
    assert not {"eyeBlinkRight", "browInnerUp"} & set(kept)


def test_a_face_without_lip_terms_and_lids_has_nothing_to_keep():
    basis = FLAME(10)
    assert kept_frames(FaceCurves(np.ones((5, len(basis)), np.float32), basis, 25.0)) == {}
    assert lip_contacts(FaceCurves(np.zeros((0, 52), np.float32), ARKIT, 30.0)).tolist() == []
