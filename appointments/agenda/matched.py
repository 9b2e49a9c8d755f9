"""Why a file was found: the parts of what it shows that hold the words asked for, marked. Pure."""

from collections.abc import Sequence

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.french import fold

_DIGITS = 2


def marked(text: str, asked: Sequence[str]) -> SafeString:
    """A name: wherever one of the words stands, whatever its accents."""
    folded = [(fold(one) or " ") for one in text]
    places = [at for at, letters in enumerate(folded) for _ in letters]
    whole = "".join(folded)
    kept: set[int] = set()
    for word in filter(None, map(fold, asked)):
        at = whole.find(word)
        while at >= 0:
            kept.update(places[at : at + len(word)])
            at = whole.find(word, at + 1)
    return _drawn(text, kept)


def marked_end(text: str, asked: Sequence[str]) -> SafeString:
    """A number or a year: its last digits, however they are grouped."""
    digits = [at for at, one in enumerate(text) if one.isdigit()]
    last = "".join(text[at] for at in digits)
    ends = [one for one in asked if len(one) >= _DIGITS and one.isdigit() and last.endswith(one)]
    longest = max(map(len, ends), default=0)
    return _drawn(text, set(digits[len(digits) - longest :]))


def _drawn(text: str, kept: set[int]) -> SafeString:
    runs: list[tuple[bool, str]] = []
    for at, letter in enumerate(text):
        if runs and runs[-1][0] == (at in kept):
            runs[-1] = (runs[-1][0], runs[-1][1] + letter)
        else:
            runs.append((at in kept, letter))
    return format_html_join(
        "",
        "{}",
        ((format_html("<mark>{}</mark>", part) if is_kept else conditional_escape(part),) for is_kept, part in runs),
    )
