"""The SMS that the product sent, and the address that takes them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox.sas.sms import NOBODY, RECEIVED, REFUSED
from sandbox.web.current import platform

blueprint = Blueprint("texts", __name__, url_prefix="/sms")

_ANSWERS = {"recu": RECEIVED, "refuse": REFUSED}


@blueprint.get("")
def page() -> str:
    box = platform().sms
    return render_template(
        "sms.html", texts=box.all(), nobody=NOBODY, tells=box.tells, unheard="non-entendu" in request.args
    )


@blueprint.post("/envoi")
def take() -> tuple[Response, int]:
    """What a provider's API is: a number, a text, the sender's own reference."""
    said = request.get_json(silent=True)
    fields = said if isinstance(said, dict) else {}
    recipient, text, reference = (str(fields.get(name) or "") for name in ("to", "text", "reference"))
    if not (recipient and text and reference):
        abort(422, "to, text et reference : trois textes.")
    new = platform().sms.take(recipient=recipient, text=text, reference=reference)
    return jsonify(id=reference, taken=new), 201 if new else 200


@blueprint.post("/<int:sms_id>")
def tell(sms_id: int) -> AnyResponse:
    """Say what became of it, or answer it with STOP."""
    box, act = platform().sms, request.form.get("acte", "")
    chosen = box.get(sms_id)
    if chosen is None:
        abort(404)
    heard = (
        box.answer(chosen.recipient, "STOP")
        if act == "stop"
        else box.tell(chosen.reference, _ANSWERS.get(act, RECEIVED))
    )
    return redirect(url_for("texts.page") + ("" if heard else "?non-entendu"), 303)


@blueprint.post("/vider")
def clear() -> AnyResponse:
    platform().sms.clear()
    return redirect(url_for("texts.page"), 303)
