"""The join token as text."""

import pytest

from clusterd.net.faults import BadToken
from clusterd.net.token import (
    Token,
    create_secret,
    parse_token,
    secret_digest,
    token_text,
)

TOKEN = Token(
    addresses=("10.0.0.1:7601", "[fd00::2]:7601"),
    fingerprint="ab" * 32,
    secret=b"0123456789abcdef",
)


def test_a_token_survives_copy_and_paste() -> None:
    """Also through a terminal that wraps it and a mail that indents it."""
    text = token_text(TOKEN)

    assert parse_token(text) == TOKEN
    assert parse_token(f"  {text[:40]}\n   {text[40:]}\n") == TOKEN


def test_a_token_is_one_word() -> None:
    """A double click selects it; no shell quotes it."""
    text = token_text(TOKEN)

    assert text.startswith("cluster1-")
    assert text.replace("-", "").replace("_", "").isalnum()


def test_every_truncation_is_recognised() -> None:
    """The commonest accident must not look like a wrong cluster."""
    text = token_text(TOKEN)

    for length in range(len("cluster1-"), len(text)):
        with pytest.raises(BadToken, match="cut off"):
            parse_token(text[:length])


def test_every_altered_letter_is_recognised() -> None:
    """Typed from a screen, or mangled by an editor."""
    text = token_text(TOKEN)

    for place in range(len("cluster1-"), len(text) - 1):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(BadToken, match="altered"):
            parse_token(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "hello", "cluster2-abc", "Cluster1-abc"])
def test_what_is_no_token_says_so(text: str) -> None:
    """Something else was in the clipboard."""
    with pytest.raises(BadToken, match="not a join token"):
        parse_token(text)


def test_the_secret_is_not_shown() -> None:
    """Tokens end up in logs by accident."""
    assert "0123456789abcdef" not in repr(TOKEN)


def test_only_the_digest_of_a_secret_is_stored() -> None:
    """Both sides compute the same; two secrets never agree."""
    secret = create_secret()

    assert secret_digest(secret) == secret_digest(secret)
    assert secret_digest(secret) != secret_digest(create_secret())
    assert len(secret_digest(secret)) == 64
