"""The regulators page: accounts of the platform, sent to the product at every change."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.sas.provisioning import SPOILINGS
from sandbox.sas.regulators import Account, AccountConflictError, Regulator
from sandbox.sas.vocabulary import NATIONAL_PERSON
from sandbox.web.current import platform

blueprint = Blueprint("regulators", __name__, url_prefix="/regulateurs")

NATIONAL, TECHNICAL = "national", "technique"
HOLD, TWICE = "ne-pas-envoyer", "deux-fois"
REQUIRED = {
    "nom": "Indiquez le nom.",
    "prenom": "Indiquez le prénom.",
    "email": "Indiquez l’e-mail : il sert à se connecter à la plateforme.",
    "motdepasse": "Indiquez un mot de passe.",
}


@blueprint.get("")
def page() -> str:
    """The table and the form: "Créer", or "Changer" when a row is chosen."""
    regulator = platform().regulators.get(request.args.get("choisi", ""))
    return _render(regulator, _values_of(regulator), {})


@blueprint.post("/creer")
def create() -> Response | tuple[str, int]:
    values, errors = _read(REQUIRED)
    if not errors:
        chosen = request.form.getlist("abimer")
        try:
            made = platform().regulators.create(
                _account(values), password=values["motdepasse"], spoilings=chosen, send=HOLD not in chosen,
                twice=TWICE in chosen,
            )  # fmt: skip
        except AccountConflictError as conflict:
            errors[conflict.field] = str(conflict)
        else:
            return _back(made.id)
    return _render(None, values, errors), 422


@blueprint.post("/<uuid:regulator_id>/changer")
def change(regulator_id: object) -> Response | tuple[str, int]:
    regulator = _find(regulator_id)
    values, errors = _read({name: text for name, text in REQUIRED.items() if name != "motdepasse"})
    if not errors:
        try:
            platform().regulators.change(regulator.id, _account(values), spoilings=request.form.getlist("abimer"))
        except AccountConflictError as conflict:
            errors[conflict.field] = str(conflict)
        else:
            return _back(regulator.id)
    return _render(regulator, values, errors), 422


@blueprint.post("/<uuid:regulator_id>/droit")
def entitlement(regulator_id: object) -> Response | tuple[str, int]:
    """Withdraw or restore, as the form's `actif` says (0 or 1)."""
    regulator = _find(regulator_id)
    try:
        platform().regulators.set_entitlement(regulator.id, active=request.form.get("actif") == "1")
    except AccountConflictError as conflict:
        return _render(regulator, _values_of(regulator), {conflict.field: str(conflict)}), 422
    return _back(regulator.id)


@blueprint.post("/<uuid:regulator_id>/renvoyer")
def resend(regulator_id: object) -> Response:
    regulator = _find(regulator_id)
    platform().regulators.deliver(regulator.id)
    return _back(regulator.id)


@blueprint.post("/tout-renvoyer")
def resend_all() -> Response:
    platform().regulators.deliver_all()
    return redirect(url_for("regulators.page"), 303)


def _find(regulator_id: object) -> Regulator:
    regulator = platform().regulators.get(str(regulator_id))
    if regulator is None:
        abort(404)
    return regulator


def _back(regulator_id: str) -> Response:
    return redirect(url_for("regulators.page", choisi=regulator_id, _anchor="echange"), 303)


def _read(required: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(values, errors by field)."""
    names = ("nom", "prenom", "email", "service", "motdepasse", "sorte", "national")
    values = {name: request.form.get(name, "").strip() for name in names}
    errors = {name: text for name, text in required.items() if not values[name]}
    if values["sorte"] == NATIONAL and not values["national"]:
        errors["national"] = "Indiquez l’identifiant national, ou choisissez l’identifiant technique."
    return values, errors


def _account(values: dict[str, str]) -> Account:
    national = values["national"] if values["sorte"] == NATIONAL else None
    return Account(values["nom"], values["prenom"], values["email"], values["service"], national)


def _values_of(regulator: Regulator | None) -> dict[str, str]:
    if regulator is None:
        return {"sorte": TECHNICAL}
    national = regulator.identifier.system == NATIONAL_PERSON
    return {
        "nom": regulator.family,
        "prenom": regulator.given,
        "email": regulator.email,
        "service": regulator.service,
        "sorte": NATIONAL if national else TECHNICAL,
        "national": regulator.identifier.value if national else "",
    }


def _render(regulator: Regulator | None, values: dict[str, str], errors: dict[str, str]) -> str:
    exchanges = platform().regulators.exchanges()
    return render_template(
        "regulators.html",
        regulators=platform().regulators.all(), chosen=regulator, values=values, errors=errors, spoilings=SPOILINGS,
        last=exchanges[0] if exchanges else None, earlier=exchanges[1:],
    )  # fmt: skip
