"""Passwords in addresses are hidden, and everything else stays as it is."""

import pytest
from emotalk.face.credentials import without_credentials


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Looking in indexes: https://me:pass@host/simple", "Looking in indexes: https://****@host/simple"),
        ("https://token@host/x and http://a:b@c:80/", "https://****@host/x and http://****@c:80/"),
        ("'https://me:p@ss@host/simple'", "'https://****@host/simple'"),
        ("git+ssh://me:pass@host", "git+ssh://****@host"),
        ("https://host/simple?mail=me@there", "https://host/simple?mail=me@there"),
        ("write to me@there.org", "write to me@there.org"),
    ],
)
def test_addresses(text, shown):
    assert without_credentials(text) == shown


def test_a_known_password_is_hidden_anywhere():
    index = "https://me:se%2Fcret@host/simple"
    assert without_credentials("401 for se%2Fcret and se/cret of me", index) == "401 for **** and **** of me"
    assert without_credentials("token12345 is wrong", "https://token12345@host/simple") == "**** is wrong"
    assert without_credentials("a line", "https://me:a@host", "http://[broken") == "a line"


@pytest.mark.parametrize(
    ("address", "shown"), [("https://me:abcd@h/", "**** of me"), ("https://me:abc@h/", "abc of me")]
)
def test_what_is_too_short_to_be_a_secret_stays(address, shown):
    secret = "abcd" if "abcd" in address else "abc"
    assert without_credentials(f"{secret} of me", address) == shown


def test_the_user_stays_where_there_is_a_password():
    assert without_credentials("somebody wrote: secret", "https://somebody:secret@host/") == "somebody wrote: ****"


def test_a_secret_that_begins_with_another_one_leaves_no_rest():
    addresses = "https://me:abcd@one/", "https://me:abcdefgh@two/"
    for order in (addresses, addresses[::-1]):
        assert without_credentials("it is abcdefgh or abcd", *order) == "it is **** or ****"
