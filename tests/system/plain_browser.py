"""A browser without script: follows links and redirects, fills and sends forms. For what Chromium is too slow for."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.forms: list[Form] = []
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self.base, given.get("action", "")), given.get("method", "get").lower()))
        if not self.forms:
            return
        fields = self.forms[-1].fields
        name = given.get("name", "")
        if tag == "input" and name:
            boxes = given.get("type") in {"checkbox", "radio"}
            if given.get("type") != "submit" and (not boxes or "checked" in given):
                fields[name] = given.get("value", "on" if boxes else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


@dataclass
class Page:
    browser: "PlainBrowser"
    response: requests.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def url(self) -> str:
        return self.response.url

    @property
    def text(self) -> str:
        return self.response.text

    def forms(self) -> list[Form]:
        parser = _Forms(self.url)
        parser.feed(self.text)
        return parser.forms

    def form_with(self, *names: str) -> Form:
        """The first form that has all these fields."""
        for form in self.forms():
            if set(names) <= set(form.fields):
                return form
        raise AssertionError(f"no form with {names} at {self.url} ({self.status})")

    def submit(self, form: Form, **values: str) -> "Page":
        return self.browser.send(form, values, self.url)


class PlainBrowser:
    def __init__(self) -> None:
        self.session = requests.Session()
        # One kept open may be closed by the server just as a form is sent on it.
        self.session.headers["Connection"] = "close"

    def get(self, url: str) -> Page:
        return Page(self, self.session.get(url, timeout=60))

    def send(self, form: Form, values: dict[str, str], referer: str) -> Page:
        headers = {"Referer": referer, "Origin": "/".join(referer.split("/")[:3])}
        payload = form.fields | values
        if form.method == "post":
            return Page(self, self.session.post(form.action, data=payload, headers=headers, timeout=60))
        return Page(self, self.session.get(form.action, params=payload, headers=headers, timeout=60))

    def copy(self) -> "PlainBrowser":
        """Another window of the same profile: same cookies, connections of its own."""
        other = PlainBrowser()
        other.session.cookies.update(self.session.cookies)
        return other
