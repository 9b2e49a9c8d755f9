"""The page of what the product has sent: verdict in the list, check by check in the panel."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.sas import appointment_checks as rules
from sandbox.web.current import platform, sandbox

blueprint = Blueprint("received", __name__, url_prefix="/recus")

PAGE_SIZE = 25
TABS = (
    ("", "Tous", None),
    ("conformes", "Conformes", rules.OK),
    ("remarques", "Remarques", rules.REMARK),
    ("ecarts", "Écarts", rules.FAULT),
)


@blueprint.get("")
def page() -> str:
    """`controle` filters by verdict, `page` starts at 1, `recu` is the request shown in the panel."""
    receiver = platform().receiver
    tab = request.args.get("controle", "")
    verdict = next((value for name, _, value in TABS if name == tab), None)
    counts = receiver.counts()
    totals = {name: sum(counts.values()) if value is None else counts[value] for name, _, value in TABS}
    total = totals.get(tab, totals[""])
    last_page = max(1, -(-total // PAGE_SIZE))
    number = min(max(request.args.get("page", 1, type=int), 1), last_page)
    items = receiver.received(verdict=verdict, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    chosen = receiver.get_received(request.args.get("recu", 0, type=int)) or (items[0] if items else None)
    history = receiver.history(chosen.identifier) if chosen and chosen.identifier else []
    return render_template(
        "received.html",
        names={known.identifier: known.label for known in sandbox().practitioners},
        tabs=TABS, tab=tab, totals=totals, total=total, items=items, chosen=chosen, history=history, number=number,
        last_page=last_page, first=(number - 1) * PAGE_SIZE + 1, read_instant=rules.read_instant,
        practitioners=rules.practitioner_identifiers,
        profiles_available=platform().profiles.available,
    )  # fmt: skip


@blueprint.post("/vider")
def clear() -> Response:
    platform().receiver.clear()
    return redirect(url_for("received.page"), 303)
