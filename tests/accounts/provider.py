"""An identity provider on loopback, as strict as a real one: discovery, keys, token endpoint with PKCE, userinfo.

The ways to be a faulty one: `claims` are put over those of each ID token and `userinfo` over userinfo's, `sign` makes the
token, `answers` replaces what a path answers (JSON, unless `types` says otherwise).
"""

import base64
import hashlib
import json
import secrets
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.test import Client

CLIENT_ID, CLIENT_SECRET = "sas-agenda", "secret de test"
Claims = dict[str, Any]
Answer = tuple[int, str | bytes]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some tests are about."""


class FakeProvider:
    def __init__(self, key: RSAPrivateKey, other_key: RSAPrivateKey) -> None:
        self.key, self.other_key, self.kid = key, other_key, "first"
        self.claims: Claims = {}
        self.userinfo: Claims = {}
        self._signed_in: Claims = {}
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.types: dict[str, str] = {}
        self.sign: Callable[[Claims], str] = self.sign_well
        self.asked: list[str] = []
        self._codes: dict[str, tuple[dict[str, str], Claims]] = {}
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.issuer = f"{self.base}/realms/sas"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody answers there any more, another worker's provider neither: the port is kept."""
        self._server.shutdown()
        self._server.server_close()
        self._kept = socket.socket()
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._kept.bind(self._server.server_address)

    # What a test does with it

    def approve(self, location: str, person: Claims) -> dict[str, str]:
        """The person signs in on the page at `location`: the parameters of the way back."""
        request = dict(parse_qsl(urlsplit(location).query))
        code = secrets.token_urlsafe(16)
        self._codes[code] = (request, person)
        return {"code": code, "state": request["state"], "iss": self.issuer}

    def sign_well(self, claims: Claims) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid})

    def public_jwk(self, key: RSAPrivateKey, kid: str, **fields: str) -> Claims:
        jwk: Claims = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return jwk | {"kid": kid, "use": "sig", "alg": "RS256"} | fields

    # What it answers

    def discovery(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.base}/auth",
            "token_endpoint": f"{self.base}/token",
            "userinfo_endpoint": f"{self.base}/userinfo",
            "jwks_uri": f"{self.base}/certs",
            "end_session_endpoint": f"{self.base}/logout",
        }

    def keys(self) -> Claims:
        # A Keycloak publishes a key for encryption beside the one that signs.
        encryption = self.public_jwk(self.other_key, "enc", use="enc", alg="RSA-OAEP")
        return {"keys": [encryption, self.public_jwk(self.key, self.kid)]}

    def token(self, form: dict[str, str]) -> Answer:
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, json.dumps({"error": "invalid_client"})
        request, person = self._codes.pop(form.get("code", ""), ({}, {}))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not request or request["redirect_uri"] != form["redirect_uri"]:
            return 400, json.dumps({"error": "invalid_grant"})
        if request["code_challenge_method"] != "S256" or request["code_challenge"] != challenge.rstrip(b"=").decode():
            return 400, json.dumps({"error": "invalid_grant", "error_description": "PKCE"})
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "azp": CLIENT_ID, "iat": now, "exp": now + 300, "typ": "ID"}
        claims |= person | {"nonce": request["nonce"]} | self.claims
        self._signed_in = {"sub": person["sub"], "email": person["email"]}
        token = self.sign({name: value for name, value in claims.items() if value is not None})
        return 200, json.dumps({"access_token": "access", "token_type": "Bearer", "id_token": token})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer({name: values[-1] for name, values in parse_qs(body).items()})

            def _answer(self, form: dict[str, str]) -> None:
                path = urlsplit(self.path).path
                provider.asked.append(path)
                status, body = provider.answer(path, form)
                data = body if isinstance(body, bytes) else body.encode()
                self.send_response(status)
                self.send_header("Content-Type", provider.types.get(path, "application/json"))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        return Handler

    def answer(self, path: str, form: dict[str, str]) -> Answer:
        if path in self.answers:
            return self.answers[path]()
        if path == "/token":
            return self.token(form)
        documents = {
            "/realms/sas/.well-known/openid-configuration": self.discovery,
            "/certs": self.keys,
            "/userinfo": lambda: self._signed_in | self.userinfo,
        }
        return (200, json.dumps(documents[path]())) if path in documents else (404, "{}")


def person(regulator: Any, **claims: Any) -> Claims:
    """What the SAS says of a regulator of ours."""
    return {
        "sub": regulator.current_identifier.value,
        "email": regulator.email,
        "idp_connect": "mdp",
    } | claims


def leave(client: Client, address: str = "/orientations/") -> str:
    """The provider's address that « sign in » leads to."""
    response = client.get("/sas/connexion/", {"next": address})
    assert response.status_code == 302
    return str(response["Location"])


def come_through_sas(client: Client, provider: FakeProvider, claims: Claims, address: str = "/orientations/") -> Any:
    """The whole way: our answer to the browser that comes back."""
    return client.get("/sas/retour/", provider.approve(leave(client, address), claims))
