"""Nothing that a terminal would obey gets through, and nothing else is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_desk.chat.sanitizer import Sanitizer, sanitize

_HARMLESS = ["plain [red]text[/red]", "a\tb\nc", "日本語 👩‍👩‍👧 عربي‌", "é"]
_DROPPED = [
    *("\x1b[31m", "\x1b[2J", "\x1b[?1049h", "\x1b[1;2;3~", "\x9b31m"),
    *("\x1b]52;c;aGk=\x07", "\x1b]0;title\x1b\\", "\x1b]8;;http://x\x07", "\x9d52;c;aGk=\x9c", "\x1b]52;a\x18"),
    *("\x1bPq#0\x1b\\", "\x90x\x9c", "\x1b_G\x1b\\", "\x1b^p\x1b\\", "\x1bXs\x1b\\", "\x1bP\x07x\x1b\\"),
    *("\x1b7", "\x1b(B", "\x1bc", "\x1b\x1b[1m"),
    *("\x07", "\x08", "\r", "\x00", "\x7f", "\x85"),
]
_UNTERMINATED = [
    "\x1b",
    "\x1b[",
    "\x1b[12;",
    "\x1b]52;c;aGk=",
    "\x1bPq",
    "\x9d0;x",
    "\x1b]0;a\nb",
    "\x1b(",
    "\x1b]x\x1b",
]


@pytest.mark.parametrize("text", _HARMLESS)
def test_harmless_text_stays(text: str) -> None:
    assert sanitize(text) == text


@pytest.mark.parametrize("payload", _DROPPED)
def test_payloads_go_and_the_text_around_them_stays(payload: str) -> None:
    assert sanitize(f"before{payload}after") == "beforeafter"


@pytest.mark.parametrize("payload", _UNTERMINATED)
def test_unterminated_payloads_go(payload: str) -> None:
    assert sanitize(f"before{payload}") == "before"


@pytest.mark.parametrize("payload", _DROPPED + _UNTERMINATED)
def test_every_cut_gives_the_same(payload: str) -> None:
    text = f"a{payload}b"
    for cut in range(len(text) + 1):
        sanitizer = Sanitizer()
        assert sanitizer.clean(text[:cut]) + sanitizer.clean(text[cut:]) == sanitize(text)


def test_a_broken_sequence_ends_where_it_breaks() -> None:
    assert sanitize("\x1b[31\nnext") == "\nnext"
    assert sanitize("\x1b你") == "你"


def test_direction_and_tags_are_shown() -> None:
    assert sanitize("a\u202eb\U000e0041") == "a\\u202eb\\U000e0041"


@given(st.text(alphabet=st.characters() | st.sampled_from("\x1b[]P\\\x07\x9b\x9c\x9d;0m"), max_size=60))
def test_no_control_character_survives(text: str) -> None:
    clean = sanitize(text)
    assert not [c for c in clean if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0]
    assert sanitize(clean) == clean
