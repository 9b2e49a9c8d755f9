"""What every page is protected by, even on loopback: a strict policy, a token on forms, a known host."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

COOKIE = "sandbox_forms"
FIELD = "jeton"
# Called by programs, which have no form: they authenticate otherwise, or are harmless on loopback.
WITHOUT_FORMS = frozenset({"identity.token", "identity.userinfo", "identity.logout", "fhir.appointments", "texts.take"})
TRUSTED_HOSTS = ["127.0.0.1", "localhost"]


def protect(app: Flask, *, product_url: str) -> None:
    """Install the checks on `app`. `product_url` is where a sign-in may send the browser back to."""
    # A page of another site that resolves its own name to 127.0.0.1 must not reach us (DNS rebinding).
    app.config["TRUSTED_HOSTS"] = TRUSTED_HOSTS
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    product = urlsplit(product_url)
    policy = "; ".join(
        (
            "default-src 'none'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "base-uri 'none'",
            "frame-ancestors 'none'",
            # The answer to the sign-in form redirects to the product, and browsers hold a redirect to this list.
            f"form-action 'self' {product.scheme}://{product.netloc}",
        )
    )  # fmt: skip

    @app.before_request
    def require_token() -> None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint is None:
            return
        if request.endpoint in WITHOUT_FORMS:
            return
        if request.endpoint.startswith("api."):
            # No form can send this type across sites.
            if request.mimetype != "application/json":
                abort(415)
            return
        check_token()

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        if "new_form_token" in g:
            response.set_cookie(COOKIE, g.new_form_token, httponly=True, samesite="Lax")
        return response

    app.jinja_env.globals["form_token"] = form_token


def form_token() -> str:
    """The browser's token, made at its first form."""
    token = request.cookies.get(COOKIE) or g.get("new_form_token")
    if not token:
        token = g.new_form_token = secrets.token_urlsafe(24)
    return str(token)


def check_token() -> None:
    """Refuse (400) a form of elsewhere: whose browser doesn't say that it comes from a page of here, and that doesn't carry the
    token of the cookie. Of two first tabs opened at once each gets a cookie, and only the last stays: the other's form is good.
    """
    if request.headers.get("Origin") == request.host_url.rstrip("/"):
        return
    sent, expected = request.form.get(FIELD, ""), request.cookies.get(COOKIE, "")
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        abort(400, "Cette page était ouverte depuis trop longtemps, ou vient d’ailleurs : rechargez-la et recommencez.")
