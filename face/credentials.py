"""Passwords in addresses, which belong neither into a log nor into a message."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

_USER_AND_PASSWORD: Final = re.compile(r"(?<=://)[^\s/?#'\"]*@")
_HIDDEN: Final = "****"
_SHORTEST_SECRET: Final = 4
"""Characters; hiding shorter ones everywhere would blacken ordinary words."""


def without_credentials(text: str, *addresses: str) -> str:
    """The text with the users and passwords in all its addresses hidden.

    Args:
        text: a line of a log, or a message.
        addresses: whose passwords are hidden wherever they stand, in an address or not.
    """
    for secret in _secrets_of(addresses):
        text = text.replace(secret, _HIDDEN)
    return _USER_AND_PASSWORD.sub(f"{_HIDDEN}@", text)


def _secrets_of(addresses: tuple[str, ...]) -> list[str]:
    """The longest first, so that none leaves a rest of another."""
    found = set()
    for address in addresses:
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        # An access token often takes the place of the user's name.
        for secret in (parts.password, None if parts.password else parts.username):
            found |= {secret, unquote(secret)} if secret else set()
    return sorted((secret for secret in found if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)
