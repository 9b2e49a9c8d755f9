"""The platform's own sign-in sessions: with one open, a second arrival at the identity provider is invisible."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sandbox.sas.clock import Clock, utc_now
from sandbox.sas.store import Store

# Values of `idp_connect`. The ANS gives the real ones per environment: the editor has them as settings, so have we.
PASSWORD, PRO_SANTE_CONNECT = "mdp", "psc"
LIFETIME = 10 * 3600


@dataclass(frozen=True, slots=True)
class SsoSession:
    """An open session: who, how they signed in, and when (seconds since the epoch)."""

    digest: str
    regulator_id: str
    idp_connect: str
    auth_time: int


class SsoSessions:
    """Opens, finds and ends sessions; the browser holds a random key, the store only its digest."""

    def __init__(self, store: Store, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock

    def open(self, regulator_id: str, idp_connect: str) -> tuple[str, SsoSession]:
        """A new session and its key, to be given to the browser."""
        key = secrets.token_urlsafe(32)
        now = int(self._clock().timestamp())
        session = SsoSession(digest(key), regulator_id, idp_connect, now)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM sso_session WHERE expires_at <= ?", (now,))
            connection.execute(
                "INSERT INTO sso_session VALUES (?, ?, ?, ?, ?)",
                (session.digest, regulator_id, idp_connect, now, now + LIFETIME),
            )
        return key, session

    def find(self, key: str | None) -> SsoSession | None:
        if not key:
            return None
        now = int(self._clock().timestamp())
        row = self._store.row("SELECT * FROM sso_session WHERE digest = ? AND expires_at > ?", digest(key), now)
        return SsoSession(row["digest"], row["regulator_id"], row["idp_connect"], row["auth_time"]) if row else None

    def end(self, session_digest: str) -> None:
        """Close a session and take back the access tokens it gave."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM access_token WHERE session_digest = ?", (session_digest,))
            connection.execute("DELETE FROM sso_session WHERE digest = ?", (session_digest,))


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
