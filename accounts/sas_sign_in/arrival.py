"""Reading the address by which the SAS sends a browser to an agenda page.

The platform appends its origin to `Slot.comment` without much care: `…/x?a=b&origin=sas`, `…/x?origin=sas` and
`…/x&origin=sas` are all seen (spec, "The URL in comment").
"""

from dataclasses import dataclass
from urllib.parse import quote

from django.http import QueryDict

from accounts.own_address import MAX_LENGTH

# The practitioner's agenda page, where Slot.comment points to, and what lies under it.
AGENDA = "/praticien/"
ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Arrival:
    """`address`: the page asked for, as we write it and without an origin. `origins`: all that were given, in order."""

    address: str
    origins: tuple[str, ...]
    is_clean: bool


def read_arrival(path: str, query: QueryDict) -> Arrival:
    """`path` is decoded, as WSGI gives it. Raises Django's `TooManyFieldsSent` (a 400) on an absurd tail."""
    page, ampersand, tail = path.partition("&")
    if not page.endswith("/"):
        page += "/"
    # Read with Django's own parser, which bears anything; only `+` is not a blank in a path.
    parameters = QueryDict(quote(tail, safe="=&"), mutable=True)
    for name, values in query.lists():
        parameters.setlist(name, parameters.getlist(name) + values)
    origins = tuple(value.strip() for value in parameters.getlist(ORIGIN))
    parameters.pop(ORIGIN, None)
    address = quote(page, safe="/")
    if parameters:
        full = f"{address}?{parameters.urlencode()}"
        address = full if len(full) <= MAX_LENGTH else address
    return Arrival(address, origins, is_clean=not ampersand)
