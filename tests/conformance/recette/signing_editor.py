"""The whole of a small correct editor but its slots: accounts, an agenda page, and the sign-in by the platform."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import requests

from tests.conformance.recette.account_book import AccountBook, Reply

SECRET = "the-secret-of-the-book"
AGENDA, CALLBACK, OTHER_CALLBACK = "/agenda/42", "/retour", "/autre-retour"
HTML = "text/html; charset=utf-8"


@dataclass
class Session:
    """What a cookie stands for. pending: state → (nonce, verifier, page asked for)."""

    pending: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    account: str = ""
    epoch: int = 0
    terms: bool = False


@dataclass(frozen=True)
class Answer:
    status: int
    body: str = ""
    location: str = ""
    cookie: str = ""


class SigningEditor:
    """Use as a context manager. `issuer` is where its provider is; `flaws` as in `AccountBook`."""

    def __init__(self, issuer: str = "", *flaws: str, agenda: str = f"{AGENDA}?creneau=7") -> None:
        self.issuer = issuer
        self.flaws = set(flaws)
        self.sessions: dict[str, Session] = {}
        self.common = Session()
        self.codes: dict[str, str] = {}
        self.last_account = ""
        self._agenda = agenda

    def __enter__(self) -> SigningEditor:
        editor = self

        class Handler(_Handler):
            owner = editor

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.site = f"http://127.0.0.1:{self.server.server_port}"
        self.base = f"{self.site}/fhir"
        self.agenda = f"{self.site}{self._agenda}"
        self.book = AccountBook(self.base, self.flaws)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # Pages

    def page(self, method: str, target: str, form: dict[str, str], sid: str) -> Answer:
        path, _, query = target.partition("?")
        path, _, tail = path.partition("&")
        given = dict(parse_qsl(query)) | (dict(parse_qsl(tail)) if "path ignored" not in self.flaws else {})
        session = self.sessions.get(sid, Session())
        if path == AGENDA:
            return self._at_the_agenda(given, session, query)
        if path in (CALLBACK, OTHER_CALLBACK):
            return self._comes_back(given, sid)
        if path == "/conditions" and method == "POST":
            session.terms = form.get("accord") == "on" and "endless terms" not in self.flaws
            return Answer(302, location=given.get("vers", "/"))
        if path == "/conditions":
            return Answer(200, TERMS.format(next=given.get("vers", "/")))
        if path == "/connexion":
            return Answer(200, self._door())
        return Answer(200, page("Accueil", "Bienvenue dans votre espace, choisissez une rubrique du menu."))

    def _at_the_agenda(self, given: dict[str, str], session: Session, query: str) -> Answer:
        origin = given.get("origin", "")
        alone = [name for name, _ in parse_qsl(query)] == ["origin"]
        accepted = {"sas", "sas-preprod"} - ({"sas-preprod"} if "one origin" in self.flaws else set())
        if origin in accepted and not (alone and "alone ignored" in self.flaws):
            return self._depart(given)
        if origin and "any origin" in self.flaws:
            return self._depart(given)
        if origin and "origin breaks" in self.flaws:
            return Answer(500, page("Erreur", "Une erreur est survenue."))
        if origin and origin not in accepted:
            return Answer(403, page("Origine inconnue", "Cette adresse vient d’une plateforme inconnue."))
        account = next((one for one in self.book.accounts if one.id == session.account), None)
        fresh = account and (account.epoch == session.epoch or "session survives" in self.flaws)
        if account and fresh and "one look" not in self.flaws:
            if not session.terms and "no terms" not in self.flaws:
                return Answer(302, location=f"/conditions?{urlencode({'vers': f'{AGENDA}?creneau=7'})}")
            return Answer(200, AGENDA_PAGE)
        if "open agenda" in self.flaws:
            return Answer(200, AGENDA_PAGE)
        if "always sent" in self.flaws:
            return self._depart(given)
        return Answer(302, location="/connexion")

    def _door(self) -> str:
        if "empty door" in self.flaws:
            return '<!doctype html><title>A</title><div id="app"></div><script src="/static/app.3f2.js"></script>'
        if "noscript" in self.flaws:
            return DOOR.replace("</body>", "<noscript>Activez JavaScript.</noscript></body>")
        return page("Bienvenue", "Un agenda pour les cabinets, simple et rapide.") if "no door" in self.flaws else DOOR

    # Sign-in

    def _depart(self, given: dict[str, str]) -> Answer:
        sid, session = secrets.token_urlsafe(16), Session()
        self.sessions[sid] = session
        state = "always-the-same-state" if "fixed state" in self.flaws else secrets.token_urlsafe(16)
        state = state[:8] if "short state" in self.flaws else state
        nonce = "always-the-same-nonce" if "fixed nonce" in self.flaws else secrets.token_urlsafe(16)
        verifier = secrets.token_urlsafe(48)
        back = AGENDA + (f"?creneau={given['creneau']}" if "creneau" in given else "")
        (self.common if "shared state" in self.flaws else session).pending[state] = nonce, verifier, back
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "id_token" if "implicit" in self.flaws else "code",
            "client_id": "another" if "other client" in self.flaws else "sas-agenda",
            "redirect_uri": self.site + (OTHER_CALLBACK if "other callback" in self.flaws else CALLBACK),
            "scope": "email" if "no openid" in self.flaws else "openid email",
            "state": "" if "no state" in self.flaws else state,
            "nonce": "" if "no nonce" in self.flaws else nonce,
            "code_challenge": verifier if "plain pkce" in self.flaws else challenge,
            "code_challenge_method": "plain" if "plain pkce" in self.flaws else "S256",
        }
        if "no pkce" in self.flaws:
            del asked["code_challenge"], asked["code_challenge_method"]
        query = urlencode({name: value for name, value in asked.items() if value})
        return Answer(302, location=f"{self.issuer}/protocol/openid-connect/auth?{query}", cookie=sid)

    def _comes_back(self, given: dict[str, str], sid: str) -> Answer:
        if "error" in given:
            return Answer(500 if "error breaks" in self.flaws else 403, page("Abandon", "Connexion abandonnée."))
        code = given.get("code", "")
        if "codes kept" in self.flaws and code in self.codes:
            return self._open(self.codes[code], "/")
        pending = (self.common if "shared state" in self.flaws else self.sessions.get(sid, Session())).pending
        state = given.get("state", "")
        if "any state" in self.flaws and state not in pending and pending:
            state = next(iter(pending))
        if state not in pending and "no state" in self.flaws and pending:
            state = next(iter(pending))
        if state not in pending:
            return self._out()
        nonce, verifier, back = pending[state]
        if "state reusable" not in self.flaws:
            del pending[state]
        claims = self._claims(code, verifier, nonce)
        if claims is None:
            return self._out()
        if not claims:
            return self._open(self.last_account, back)
        return self._let_in(claims, code, back)

    def _let_in(self, claims: dict[str, Any], code: str, back: str) -> Answer:
        email = "" if "by sub only" in self.flaws else claims.get("email", "")
        account = self.book.find(sub=claims["sub"], email=email)
        if account is None and "withdrawn let in" in self.flaws:
            account = next((one for one in self.book.accounts if one.email == claims["email"]), None)
        if account is None and "made on the fly" in self.flaws:
            account = self.book._new()
            account.key, account.email, account.active = ("", claims["sub"]), claims["email"], True
        if claims["idp_connect"] != "mdp" and "passwords only" in self.flaws:
            account = None
        if account is None or "nobody" in self.flaws:
            return self._out(200 if "polite" in self.flaws else 500 if "crash" in self.flaws else 403)
        self.codes[code] = self.last_account = account.id
        return self._open(account.id, "/" if "home" in self.flaws else back)

    def _open(self, account: str, back: str) -> Answer:
        sid = secrets.token_urlsafe(16)
        found = next(one for one in self.book.accounts if one.id == account)
        self.sessions[sid] = Session(account=account, epoch=found.epoch)
        if "one look" in self.flaws:
            return Answer(200, AGENDA_PAGE, cookie=sid)
        return Answer(302, location=back, cookie=sid)

    def _out(self, status: int = 403) -> Answer:
        return Answer(status, page("Connexion refusée", "Votre compte n’est pas encore connu, réessayez plus tard."))

    def _claims(self, code: str, verifier: str, nonce: str) -> dict[str, Any] | None:
        form = {
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": self.site + (OTHER_CALLBACK if "other callback" in self.flaws else CALLBACK),
            "client_id": "sas-agenda", "client_secret": SECRET, "code_verifier": verifier,
        }  # fmt: skip
        if "no pkce" in self.flaws:
            del form["code_verifier"]
        with requests.Session() as session:
            session.trust_env = False
            tokens = session.post(f"{self.issuer}/protocol/openid-connect/token", data=form, timeout=5).json()
            keys = session.get(f"{self.issuer}/protocol/openid-connect/certs", timeout=5).json()
        if "id_token" not in tokens:
            return {} if "any code" in self.flaws else None
        return self._checked(tokens["id_token"], keys, nonce)

    def _checked(self, token: str, keys: dict[str, Any], nonce: str) -> dict[str, Any] | None:
        unsigned = jwt.get_unverified_header(token)["alg"] == "none"
        blind = "signature unchecked" in self.flaws or ("none accepted" in self.flaws and unsigned)
        try:
            claims: dict[str, Any] = jwt.decode(
                token, jwt.PyJWK(keys["keys"][0]), algorithms=["RS256"], audience="sas-agenda", issuer=self.issuer,
                options={
                    "verify_signature": not blind,
                    "verify_aud": "any audience" not in self.flaws, "verify_exp": "any date" not in self.flaws,
                    "verify_iss": "any issuer" not in self.flaws,
                },
            )  # fmt: skip
        except jwt.InvalidTokenError:
            return None
        if claims.get("nonce") != nonce and not {"any nonce", "no nonce"} & self.flaws:
            return None
        return claims


class _Handler(BaseHTTPRequestHandler):
    owner: SigningEditor

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server calls

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        if parts.path == "/fhir/Practitioner":
            self._send_fhir(self.owner.book.handle(self.command, parts.query, body, self.headers))
            return
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("sid")
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        answer = self.owner.page(self.command, self.path, form, cookie.value if cookie else "")
        self.send_response(answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.cookie:
            self.send_header("Set-Cookie", f"sid={answer.cookie}; Path=/; HttpOnly; SameSite=Lax")
        self._end(answer.body.encode(), HTML)

    def _send_fhir(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.location:
            self.send_header("Location", reply.location)
        self._end(reply.body, reply.kind)

    def _end(self, body: bytes, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def page(title: str, text: str) -> str:
    return f"<!doctype html><html lang=fr><title>{title}</title><body><h1>{title}</h1><p>{text}</p></body></html>"


AGENDA_PAGE = page("Dr Colombe Pimprenelle", "Créneaux libres : lundi 9 h 00, lundi 9 h 15, mardi 14 h 30. Réserver.")
DOOR = page("Connexion", '<form method="post" action="/connexion">Votre adresse et votre mot de passe : '
            '<input name="email"><input name="secret" type="password"><button>Entrer</button></form>')  # fmt: skip
TERMS = page("Conditions d’utilisation", '<form method="post" action="/conditions?vers={next}">Lisez-les, puis : '
             '<input type="hidden" name="jeton" value="x"><label><input type="checkbox" name="accord"> J’accepte'
             "</label><button>Continuer</button></form>")  # fmt: skip
