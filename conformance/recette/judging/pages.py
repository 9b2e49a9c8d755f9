"""What a page of the editor's is, seen without script: the agenda, a sign-in page, an error, the terms of use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from conformance.recette.findings import Problem

# Under this a page says nothing to whoever has no script.
READABLE = 40
# Share of common words above which two pages are one and the same.
SAME = 0.9
TERMS = re.compile(r"conditions|charte|\bCGU\b|r[èe]glement", re.IGNORECASE)
SIGN_IN = re.compile(r"connexion|connect|identifi|authentifi|mot de passe", re.IGNORECASE)
# What the ANS's kit takes for a page made by scripts only, which it then leaves aside.
APPLICATION_IDS = ("app", "root", "__next")
APPLICATION_SCRIPT = re.compile(r"(?:^|[/._-])(?:app|chunk)[^/]*\.m?js", re.IGNORECASE)
SILENT = frozenset({"script", "style", "template", "noscript", "title"})


@dataclass(slots=True)
class PageForm:
    """A form: what it sends as it stands, and its boxes, ticked or not (name → value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    unticked: int = 0
    has_password: bool = False
    has_button: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A page as a person without script reads it."""

    text: str
    forms: tuple[PageForm, ...] = ()
    has_password: bool = False
    signs: tuple[str, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w{3,}", self.text.lower()))


class Shown(Enum):
    """What came of a request, in French."""

    AGENDA = "l’agenda"
    SIGN_IN = "une page de connexion"
    TERMS = "des conditions d’utilisation à accepter"
    ERROR = "une page d’erreur"
    DOOR = "la page que voit un visiteur sans session"
    AWAY = "un envoi vers un autre site"
    OTHER = "une autre page"
    NOTHING = "aucune réponse"


@dataclass(frozen=True, slots=True)
class Look:
    """An answer to a browser, ready to be told apart. location: where it sends the browser, "" when nowhere."""

    status: int | None
    url: str
    is_html: bool
    reading: Reading
    location: str = ""


def read_page(html: str, url: str = "") -> Reading:
    """Never raises, whatever the page."""
    parser = _Parser(url)
    parser.feed(html)
    parser.close()
    text = " ".join(" ".join(parser.words).split())
    return Reading(
        text, tuple(parser.forms), any(form.has_password for form in parser.forms) or parser.loose_password,
        tuple(dict.fromkeys(parser.signs)),
    )  # fmt: skip


def what_is_shown(
    look: Look, agenda: str, *, door: Look | None = None, seen: Look | None = None, shows: str = ""
) -> Shown:
    """Tell an answer apart. agenda: the address of the agenda page; door: what the same address shows without a session;
    seen: the agenda as a session showed it before; shows: a text that only the agenda has, "" when it is not known."""
    if look.status is None:
        return Shown.NOTHING
    if look.location or _site(look.url) != _site(agenda):
        return Shown.AWAY
    if look.status >= 400:
        return Shown.ERROR
    if look.status >= 300 or not look.is_html:
        return Shown.OTHER
    if shows and shows in look.reading.text:
        return Shown.AGENDA
    if look.reading.has_password:
        return Shown.SIGN_IN
    if terms_form(look.reading) is not None:
        return Shown.TERMS
    if door is not None and likeness(look, door) >= SAME:
        return Shown.DOOR
    if shows:
        return Shown.OTHER
    if seen is not None and (like := likeness(look, seen)) < SAME:
        # A message of the moment changes a door too: the nearer of the two is what it is.
        return Shown.AGENDA if like > (likeness(look, door) if door is not None else 0.5) else Shown.OTHER
    return Shown.AGENDA


def is_a_door(look: Look) -> bool:
    """Whether a page keeps a visitor out properly: an error, or words that tell to sign in."""
    if look.status is None or look.status >= 500:
        return False
    return look.status >= 400 or look.reading.has_password or bool(SIGN_IN.search(look.reading.text))


def plain_html_problems(look: Look) -> list[Problem]:
    """Whether a page can be read without script, and is not taken for a page made by scripts only."""
    if not look.is_html:
        return [Problem("La page n’est pas du HTML (Content-Type).", "Content-Type")]
    if len(look.reading.text) < READABLE:
        return [Problem("Sans script, la page ne montre aucun texte : elle n’est pas rendue par le serveur.", look.url)]
    if look.reading.signs:
        signs = ", ".join(look.reading.signs)
        return [
            Problem(
                f"Le kit de l’ANS peut prendre cette page pour une application JavaScript ({signs}) et la laisser de côté.",
                look.url, warning=True,
            )
        ]  # fmt: skip
    return []


def terms_form(reading: Reading) -> PageForm | None:
    """The form by which terms of use are accepted: sent by POST, with a box to tick, on a page that speaks of them."""
    if not TERMS.search(reading.text):
        return None
    return next(
        (form for form in reading.forms if form.method == "post" and form.unticked and not form.has_password), None
    )


def likeness(one: Look, other: Look) -> float:
    """Share of the words of two pages that both have: tokens and hours differ from one answer to the next."""
    mine, theirs = one.reading.words, other.reading.words
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0


def _site(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


class _Parser(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self._silent = 0
        self._form: PageForm | None = None
        self.words: list[str] = []
        self.forms: list[PageForm] = []
        self.signs: list[str] = []
        self.loose_password = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in SILENT:
            self._silent += 1
        if tag == "noscript":
            self.signs.append("élément noscript")
        if given.get("id") in APPLICATION_IDS:
            self.signs.append(f"id « {given['id']} »")
        if tag == "script" and APPLICATION_SCRIPT.search(given.get("src", "")):
            self.signs.append("script nommé app ou chunk")
        if tag == "form":
            action, method = urljoin(self._base, given.get("action", "")), given.get("method", "get").lower()
            self._form = PageForm(action, method)
            self.forms.append(self._form)
        elif tag in ("input", "button", "select", "textarea"):
            self._field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        kind, name = given.get("type", "").lower(), given.get("name", "")
        if kind == "password":
            self.loose_password = True
        form = self._form
        if form is None:
            return
        form.has_password |= kind == "password"
        if not name:
            return
        if kind in ("checkbox", "radio"):
            form.boxes.setdefault(name, given.get("value", "on"))
            if "checked" in given:
                form.fields[name] = given.get("value", "on")
            else:
                form.unticked += kind == "checkbox"
        elif tag == "button" or kind == "submit":
            # Only the button that is pressed is sent: the first, which says yes.
            if kind in ("", "submit") and not form.has_button:
                form.has_button = True
                form.fields.setdefault(name, given.get("value", ""))
        elif kind not in ("reset", "image", "file"):
            form.fields.setdefault(name, given.get("value", ""))
