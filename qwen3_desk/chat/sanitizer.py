"""Makes text from models, tools and files harmless to a terminal, however it is cut into chunks.

Source of the grammar: ECMA-48, section 5.4 and 5.6 (control sequences and control strings).
"""

import re

_SUSPECT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_STRING_OPENERS = "PX]^_"
"""After ESC: device control, start of string, operating system command, privacy message, application command."""

_C1 = {"\x90": "P", "\x98": "X", "\x9b": "[", "\x9d": "]", "\x9e": "^", "\x9f": "_"}


class Sanitizer:
    """Takes chunks of one stream of text and gives back what may be shown.

    Whole control sequences and strings are dropped, unterminated ones too, and all control characters but
    newline and tab; characters that turn the direction of text, and invisible tags, are shown as escapes.
    """

    def __init__(self) -> None:
        self._state = "text"

    def clean(self, chunk: str) -> str:
        """What of `chunk` may be shown, given what came before."""
        if self._state == "text" and not _SUSPECT.search(chunk):
            return chunk
        return "".join(map(self._step, chunk))

    def _step(self, char: str) -> str:
        if char in _C1 or char == "\x1b":
            self._enter(_C1.get(char))
            return ""
        match self._state:
            case "escape":
                return self._after_escape(char)
            case "sequence":
                if "\x20" <= char <= "\x3f":
                    return ""
                self._state = "text"
                return "" if "\x40" <= char <= "\x7e" else self._plain(char)
            case "string" | "command":
                if char == "\x9c" or char in "\x18\x1a" or (char == "\x07" and self._state == "command"):
                    self._state = "text"
                return ""
        return self._plain(char)

    def _enter(self, opener: str | None) -> None:
        if opener is None:
            self._state = "escape"
        elif opener == "[":
            self._state = "sequence"
        else:
            self._state = "command" if opener == "]" else "string"

    def _after_escape(self, char: str) -> str:
        if char == "[" or char in _STRING_OPENERS:
            self._enter(char)
            return ""
        if "\x20" <= char <= "\x2f":
            return ""
        self._state = "text"
        return "" if "\x30" <= char <= "\x7e" else self._plain(char)

    def _plain(self, char: str) -> str:
        if char in "\n\t" or not _SUSPECT.match(char):
            return char
        code = ord(char)
        if code < 0xA0:
            return ""
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def sanitize(text: str) -> str:
    """The harmless form of a whole text."""
    return Sanitizer().clean(text)
