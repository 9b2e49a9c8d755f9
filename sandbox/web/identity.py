"""The identity provider's endpoints and its sign-in pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox.sas.identity import (
    PROTOCOL_PATH,
    REALM_PATH,
    AuthorizationRequest,
    ProtocolError,
    RefusedAuthorizationError,
)
from sandbox.sas.regulators import Regulator
from sandbox.sas.sessions import LIFETIME, PASSWORD, PRO_SANTE_CONNECT, SsoSession
from sandbox.web.current import SESSION_COOKIE, current_session, platform, sandbox
from sandbox.web.security import FIELD, check_token

blueprint = Blueprint("identity", __name__)
# Keycloak's own parameter to go straight to another provider.
HINT = "kc_idp_hint"


@blueprint.get(f"{REALM_PATH}/.well-known/openid-configuration")
def discovery() -> Response:
    return jsonify(platform().identity.discovery())


@blueprint.get(f"{PROTOCOL_PATH}/certs")
def certs() -> Response:
    return jsonify(platform().identity.jwks())


@blueprint.route(f"{PROTOCOL_PATH}/auth", methods=["GET", "POST"])
def authorize() -> AnyResponse | tuple[str, int] | str:
    """The request stays in the query string; a POST to the same address is the answer of the sign-in form."""
    provider = platform().identity
    try:
        asked = provider.read_authorization(_single(request.args))
        if request.method == "POST":
            return _sign_in(asked)
        session = current_session()
        if provider.needs_sign_in(asked, session) or session is None:
            return _sign_in_page(login_hint=asked.login_hint)
        return redirect(provider.grant(asked, session), 302)
    except RefusedAuthorizationError as refusal:
        return redirect(refusal.location, 302)
    except ProtocolError as refusal:
        page = render_template(
            "error.html", title="Cette demande de connexion est refusée", advice=str(refusal), code=400
        )
        return page, 400


@blueprint.route("/connexion", methods=["GET", "POST"])
def sign_in() -> AnyResponse | tuple[str, int] | str:
    """The same sign-in, for itself: a regulator opens the platform before any agenda."""
    return _sign_in(None) if request.method == "POST" else _sign_in_page()


@blueprint.post("/deconnexion")
def sign_out() -> AnyResponse:
    session = current_session()
    if session:
        platform().sessions.end(session.digest)
    return _without_cookie(redirect(url_for("search.page"), 303))


@blueprint.post(f"{PROTOCOL_PATH}/token")
def token() -> tuple[Response, int]:
    try:
        return jsonify(
            platform().identity.exchange_code(_single(request.form), request.headers.get("Authorization"))
        ), 200
    except ProtocolError as refusal:
        return _refuse(refusal, 'Basic realm="sas"')


@blueprint.route(f"{PROTOCOL_PATH}/userinfo", methods=["GET", "POST"])
def userinfo() -> tuple[Response, int]:
    try:
        return jsonify(platform().identity.userinfo(request.headers.get("Authorization"))), 200
    except ProtocolError as refusal:
        return _refuse(refusal, 'Bearer realm="sas", error="invalid_token"')


@blueprint.route(f"{PROTOCOL_PATH}/logout", methods=["GET", "POST"])
def logout() -> AnyResponse | tuple[str, int] | str:
    """End-session: at once with an ID token, after a confirmation without."""
    parameters = _single(request.values)
    try:
        named, target = platform().identity.read_logout(parameters)
    except ProtocolError as refusal:
        return render_template("error.html", title="Cette déconnexion est refusée", advice=str(refusal), code=400), 400
    session = current_session()
    if named is None and session is not None:
        if request.method == "GET" or FIELD not in request.form:
            return render_template("logout.html", parameters=parameters)
        check_token()
    for digest in {named, session.digest if session else None} - {None}:
        platform().sessions.end(str(digest))
    done = redirect(target, 302) if target else redirect(url_for("search.page"), 303)
    return _without_cookie(done)


def _sign_in(asked: AuthorizationRequest | None) -> AnyResponse | tuple[str, int]:
    regulator, way, problem = _who()
    if regulator is None:
        return _sign_in_page(problem=problem, email=request.form.get("email", "")), 422
    # A new sign-in replaces what the browser had: the old key must not stay good.
    previous = current_session()
    if previous:
        platform().sessions.end(previous.digest)
    key, session = platform().sessions.open(regulator.id, way)
    response = redirect(_after(asked, session), 302)
    response.set_cookie(SESSION_COOKIE, key, max_age=LIFETIME, httponly=True, samesite="Lax")
    return response


def _who() -> tuple[Regulator | None, str, str]:
    if request.form.get("facon") == PRO_SANTE_CONNECT:
        chosen = platform().regulators.get(request.form.get("regulateur", ""))
        return chosen, PRO_SANTE_CONNECT, "Choisissez la personne qui s’identifie."
    found = platform().regulators.authenticate(request.form.get("email", ""), request.form.get("motdepasse", ""))
    return found, PASSWORD, "L’e-mail ou le mot de passe ne correspond à aucun compte : vérifiez-les."


def _after(asked: AuthorizationRequest | None, session: SsoSession) -> str:
    return platform().identity.grant(asked, session) if asked else url_for("search.page")


def _sign_in_page(*, problem: str = "", email: str = "", login_hint: str = "") -> str:
    parameters = request.args.to_dict(flat=True)
    back = {key: value for key, value in parameters.items() if key != HINT}
    return render_template(
        "sign_in.html",
        pro_sante_connect=parameters.get(HINT) == "psc",
        problem=problem,
        email=email or login_hint,
        regulators=platform().regulators.all(),
        demo_accounts=sandbox().demo_accounts,
        psc_url=f"{request.path}?{urlencode({**back, HINT: 'psc'})}",
        password_url=f"{request.path}?{urlencode(back)}",
    )


def _single(values: Mapping[str, Any]) -> dict[str, str]:
    """The first value of each parameter."""
    return {key: str(values[key]) for key in values}


def _refuse(refusal: ProtocolError, challenge: str) -> tuple[Response, int]:
    response = jsonify(refusal.as_json())
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = challenge
    return response, refusal.status


def _without_cookie(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax")
    return response
