"""The faults of ``make mutate`` fit the tree as it is: every text stands once in its file, every named test exists."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

MUTATIONS = runpy.run_path(str(Path(__file__).parents[1] / "mutations" / "run.py"), run_name="mutations")
FAULTS = MUTATIONS["read_faults"]()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.breaks)
def test_a_fault_can_be_put_into_the_tree_and_its_tests_exist(fault):
    assert MUTATIONS["complaint"](fault) == ""


def test_every_fault_is_there_once_and_its_sentence_is_its_own():
    assert [breaks for breaks, count in Counter(fault.breaks for fault in FAULTS).items() if count > 1] == []
    assert len({(fault.file, fault.text, fault.fault) for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"file": "face/nowhere.py"}, "there is no file face/nowhere.py"),
        ({"text": "no such text"}, "stands 0 times"),
        ({"text": "import"}, "times in face/aperture.py, not once"),
        ({"fault": "return ("}, "no Python any more"),
        ({"tests": ("tests/face/test_nothing.py",)}, "no file of tests"),
        ({"tests": ("tests/face/test_aperture.py::test_nothing",)}, "has no test test_nothing"),
        ({"tests": ()}, "names no tests"),
    ],
    ids=str,
)
def test_a_fault_that_does_not_fit_is_seen(changes, complaint):
    given = {
        "breaks": "Contacts are lost",
        "file": "face/aperture.py",
        "text": "return closed",
        "fault": "return 0 * closed",
        "tests": ("tests/face/test_aperture.py",),
    }
    source = (MUTATIONS["ROOT"] / "face" / "aperture.py").read_text("utf-8")
    given["text"] = next(line.strip() for line in source.splitlines() if line.startswith("    return np.maximum"))
    fault = MUTATIONS["Fault"](**(given | changes))
    assert complaint in MUTATIONS["complaint"](fault)
