"""Assembles the Flask application over one platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request, send_from_directory
from werkzeug.exceptions import HTTPException, SecurityError

from sandbox.demo import DemoRegulator, KnownPractitioner
from sandbox.sas.clock import PARIS
from sandbox.sas.platform import Platform
from sandbox.web import api, fhir, identity, mails, received, regulators, search, switches, texts, wording
from sandbox.web.current import EXTENSION, Sandbox, signed_in
from sandbox.web.security import protect

# The product's style sheets are its design tokens and components: read from disk, never copied.
PRODUCT_STYLES = Path(__file__).resolve().parents[2] / "static" / "css"
STYLES = tuple(f"{name}.css" for name in ("tokens", "base", "frame", "controls", "pieces", "lists", "operations"))
FOLDER = Path(__file__).resolve().parents[1]
MESSAGES = {
    400: ("Cette demande n’est pas comprise", "Reprenez depuis la page d’avant."),
    404: ("Cette page n’existe pas", "L’adresse est fausse, ou ce qu’elle montrait a été vidé."),
    405: ("Cette adresse ne se demande pas ainsi", "Passez par les pages du simulateur."),
    413: ("Cet envoi est trop gros", "Le simulateur accepte un mégaoctet."),
    500: ("Le simulateur s’est trompé", "Le détail est dans son journal."),
}


def create_application(
    platform: Platform,
    *,
    practitioners: Sequence[KnownPractitioner] = (),
    demo_accounts: Sequence[DemoRegulator] = (),
) -> Flask:
    """`practitioners` are proposed by the search page; `demo_accounts` are shown on the sign-in page."""
    app = Flask("sandbox", template_folder=str(FOLDER / "templates"), static_folder=str(FOLDER / "static"))
    app.extensions[EXTENSION] = Sandbox(platform, tuple(practitioners), tuple(demo_accounts))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        hour=wording.hour,
        short_day=wording.short_day,
        long_day=wording.long_day,
        pretty=wording.pretty,
        phone=wording.phone,
        plural=wording.plural,
        span=wording.span,
        moment=lambda instant: wording.moment(instant, platform.clock()),
        day_name=lambda day: wording.day_name(day, platform.clock().astimezone(PARIS).date()),
    )
    app.jinja_env.globals.update(
        STYLES=STYLES,
        MODES=wording.MODES,
        SLOT_TYPES=wording.SLOT_TYPES,
        STATUSES=wording.STATUSES,
        DELIVERIES=wording.DELIVERIES,
        FAULTS=wording.FAULTS,
        SIGN_IN_WAYS=wording.SIGN_IN_WAYS,
    )
    protect(app, product_url=platform.settings.product_url)
    for module in (identity, search, regulators, received, switches, mails, texts, fhir, api):
        app.register_blueprint(module.blueprint)

    @app.context_processor
    def common() -> dict[str, Any]:
        return {"signed_in": signed_in(), "product_url": platform.settings.product_url, "now": _now(platform)}

    @app.get("/sante")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/static/css/<name>")
    def product_style(name: str) -> Response:
        folder = PRODUCT_STYLES if name in STYLES else FOLDER / "static" / "css"
        return send_from_directory(folder, name, max_age=60)

    @app.errorhandler(HTTPException)
    def show_error(error: HTTPException) -> Response | tuple[str, int]:
        code = error.code or 500
        if isinstance(error, SecurityError):
            # A host that is not ours: nothing can be routed, no page can be linked.
            return Response("Unknown host.", 400, content_type="text/plain")
        title, advice = MESSAGES.get(code, MESSAGES[400 if code < 500 else 500])
        # Only our own French sentences are shown; werkzeug's defaults are English.
        written = error.description if error.description and error.description != type(error).description else advice
        if request.path.startswith(("/api/", "/fhir/")):
            return fhir.refuse(code, "processing", written)
        return render_template("error.html", title=title, advice=written, code=code), code

    return app


def _now(platform: Platform) -> datetime:
    return platform.clock().astimezone(PARIS)
