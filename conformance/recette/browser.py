"""A browser without script, as an editor's pages must bear it: cookies, forms, redirects taken one at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from conformance.recette.context import Context
from sandbox.sas.exchange import Exchange

PAGE_SECONDS = 15.0
MAX_REDIRECTS = 12


@dataclass(frozen=True, slots=True)
class Form:
    """A form as the page sends it: absolute action, `get` or `post`, the fields with what they hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser. `status` None: none came."""

    exchange: Exchange

    @property
    def status(self) -> int | None:
        return self.exchange.status

    @property
    def url(self) -> str:
        return self.exchange.url

    @property
    def text(self) -> str:
        return self.exchange.response_body

    @property
    def location(self) -> str:
        """Where a redirect leads, absolute; "" when this is none."""
        if self.status not in (301, 302, 303, 307, 308):
            return ""
        target = next(
            (value for name, value in self.exchange.response_headers.items() if name.lower() == "location"), ""
        )
        return urljoin(self.url, target) if target else ""

    @property
    def is_html(self) -> bool:
        headers = {name.lower(): value for name, value in self.exchange.response_headers.items()}
        return headers.get("content-type", "").partition(";")[0].strip().lower() in (
            "text/html",
            "application/xhtml+xml",
        )

    def forms(self) -> list[Form]:
        parser = _Forms(self.url)
        parser.feed(self.text)
        parser.close()
        return parser.forms

    def form_with(self, *names: str) -> Form | None:
        """The first form that has all these fields."""
        return next((form for form in self.forms() if set(names) <= set(form.fields)), None)


class Browser:
    """One person's browser: a cookie jar of its own. Every request is recorded in the check at hand."""

    def __init__(self, context: Context[Any]) -> None:
        self._context = context
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(
            {
                "User-Agent": "Mozilla/5.0 (recette SAS)",
                "Accept": "text/html,application/xhtml+xml",
                "Accept-Language": "fr",
            }
        )

    def in_check(self, context: Context[Any]) -> Browser:
        """The same browser (same cookies) in a later check of the group."""
        self._context = context
        return self

    @property
    def cookies(self) -> requests.cookies.RequestsCookieJar:
        return self._session.cookies

    def get(self, url: str, *, label: str = "") -> Page:
        """One GET, no redirect followed."""
        return self._request("GET", url, None, label)

    def follow(self, page: Page, *, until: str = "", hops: int = MAX_REDIRECTS) -> Page:
        """Follow redirects from `page` to the first answer that is none, or that leads below the address `until` (that
        redirect is returned, not followed)."""
        for _ in range(hops):
            target = page.location
            if not target or (until and target.startswith(until)):
                return page
            page = self.get(target)
        return page

    def submit(self, form: Form, values: dict[str, str] | None = None, *, referer: str = "", label: str = "") -> Page:
        """Send a form as a browser does, redirects not followed."""
        fields = form.fields | (values or {})
        if form.method != "post":
            return self.get(f"{form.action.partition('?')[0]}?{urlencode(fields)}", label=label)
        return self._request("POST", form.action, fields, label, referer or form.action)

    def _request(self, method: str, url: str, fields: dict[str, str] | None, label: str, referer: str = "") -> Page:
        parts = urlsplit(referer)
        headers = {"Referer": referer, "Origin": f"{parts.scheme}://{parts.netloc}"} if referer else {}
        started = time.perf_counter()
        status, answered, text, failure = None, {}, "", ""
        try:
            response = self._session.request(
                method, url, data=fields, headers=headers, allow_redirects=False,
                timeout=min(PAGE_SECONDS, self._context.remaining()),
                verify=self._context.environment.transport.authority or True,
            )  # fmt: skip
            status, answered, text = response.status_code, dict(response.headers), response.text
        except requests.Timeout:
            failure = "La page n’est pas venue à temps."
        except (requests.RequestException, ValueError) as error:
            failure = f"La page n’a pas pu être demandée : {type(error).__name__}."
        duration = round((time.perf_counter() - started) * 1000)
        body = urlencode(fields) if fields is not None else ""
        sent = {**headers, "Content-Type": "application/x-www-form-urlencoded"} if fields is not None else headers
        return Page(
            self._context.record(Exchange(method, url, sent, body, status, answered, text, duration, failure), label)
        )


class _Forms(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.forms: list[Form] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self._base, given.get("action", "")), given.get("method", "get").lower()))
            return
        if not self.forms:
            return
        fields, name, kind = self.forms[-1].fields, given.get("name", ""), given.get("type", "").lower()
        if tag == "input" and name and kind not in ("submit", "button", "image", "reset"):
            if kind not in ("checkbox", "radio") or "checked" in given:
                fields[name] = given.get("value", "on" if kind in ("checkbox", "radio") else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
