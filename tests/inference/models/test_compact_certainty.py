"""How sure the built-in model is of the sounds of a line."""

import numpy as np
from emotalk.inference.models.compact import contact_certainty


def test_clear_contacts_are_certain_and_vague_ones_are_not():
    clear = np.repeat([0.02, 0.95], 200)
    vague = np.repeat([0.02, 0.35], 200)
    assert contact_certainty(clear) == 1
    assert contact_certainty(vague) == 0
    assert 0 < contact_certainty(np.repeat([0.02, 0.52], 200)) < 1


def test_a_few_vague_contacts_of_a_short_line_say_little():
    assert contact_certainty(np.repeat([0.02, 0.35], 4)) > 0.9
    assert contact_certainty(np.zeros(0)) == 1
