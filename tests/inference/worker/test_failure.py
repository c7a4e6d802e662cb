"""Any error is one sentence of bounded length that ends with what to do."""

import errno

import pytest
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.worker.failure import sentence_for


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (EmoTalkError("The line is empty; choose another"), "The line is empty; choose another"),
        (EmoTalkError("two\nlines"), "two lines"),
        (
            MemoryError(),
            "There is not enough memory for this line; close other programs or split it into shorter parts",
        ),
        (OSError(errno.ENOSPC, "No space left", "x.npz"), "The disk is full; make room and try again"),
        (
            PermissionError(errno.EACCES, "Permission denied", "x.npz"),
            "x.npz cannot be used: Permission denied",
        ),
        (
            OSError(errno.EIO, "Input/output error"),
            "Something went wrong inside EmoTalk (OSError: [Errno 5] Input/output error); please report it",
        ),
        (ValueError("7"), "Something went wrong inside EmoTalk (ValueError: 7); please report it"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_kind_of_error_has_its_sentence(error, sentence):
    assert sentence_for(error) == sentence


def test_a_long_sentence_keeps_its_start_and_its_end():
    text = "".join(f"{number:03} " for number in range(500))
    sentence = sentence_for(EmoTalkError(f"Begin {text}; choose another"))
    assert sentence.startswith("Begin 000 001")
    assert sentence.endswith("499 ; choose another")
    assert " … " in sentence
    assert len(sentence) == 503
    assert sentence_for(EmoTalkError("x" * 500)) == "x" * 500
