"""The page of the faults that can be switched on."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.sas.faults import KINDS
from sandbox.web.current import platform

blueprint = Blueprint("switches", __name__, url_prefix="/pannes")


@blueprint.get("")
def page() -> str:
    return _render("500", "1", {})


@blueprint.post("")
def switch_on() -> Response | tuple[str, int]:
    kind, typed = request.form.get("panne", ""), request.form.get("nombre", "").strip()
    errors = {}
    if kind not in KINDS:
        errors["panne"] = "Choisissez une panne."
    if typed and not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= 1000):
        errors["nombre"] = "Un nombre de 1 à 1000, ou rien pour « jusqu’à nouvel ordre »."
    if errors:
        return _render(kind, typed, errors), 422
    platform().faults.switch_on(kind, int(typed) if typed else None)
    return redirect(url_for("switches.page"), 303)


@blueprint.post("/arreter")
def switch_off() -> Response:
    platform().faults.switch_off()
    return redirect(url_for("switches.page"), 303)


def _render(kind: str, count: str, errors: dict[str, str]) -> str:
    return render_template(
        "faults.html", current=platform().faults.current(), kind=kind, count=count, errors=errors,
        hold_seconds=platform().settings.hold_seconds,
    )  # fmt: skip
