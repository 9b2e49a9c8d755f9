"""The mailbox: e-mails that the product sent."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sandbox.web.current import platform

blueprint = Blueprint("mails", __name__, url_prefix="/courriels")


@blueprint.get("")
def page() -> str:
    mails = platform().mailbox.all()
    return render_template("mails.html", mails=mails, chosen=mails[0] if mails else None)


@blueprint.get("/<int:mail_id>")
def show(mail_id: int) -> str:
    chosen = platform().mailbox.get(mail_id)
    if chosen is None:
        abort(404)
    return render_template("mails.html", mails=platform().mailbox.all(), chosen=chosen)


@blueprint.post("/vider")
def clear() -> Response:
    platform().mailbox.clear()
    return redirect(url_for("mails.page"), 303)
