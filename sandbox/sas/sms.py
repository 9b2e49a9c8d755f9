"""The SMS provider's stand-in: keeps every SMS and sends none, says what became of each, and hears answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from sandbox.sas.clock import Clock, from_text, to_text, utc_now
from sandbox.sas.store import Store

logger = logging.getLogger(__name__)

RECEIVED, REFUSED = "delivered", "failed"
# Of a number that ends so, nobody ever gets an SMS.
NOBODY = "99"
# What is said of it: seconds after it was taken, as its sender has to have written it down.
_AFTER = 1.0
TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Sms:
    """A kept SMS. `told`: what its sender was told of it, or ''."""

    id: int
    at: datetime
    recipient: str
    text: str
    reference: str
    told: str


class SmsBox:
    """Keeps SMS, one for each reference, and calls the product back at `product_url`, signed with `key`."""

    def __init__(self, store: Store, *, product_url: str, key: str = "", clock: Clock = utc_now) -> None:
        self._store, self._clock = store, clock
        self._product_url, self._key = product_url, key

    @property
    def tells(self) -> bool:
        """Whether it was given a key to sign with."""
        return bool(self._key)

    def take(self, *, recipient: str, text: str, reference: str) -> bool:
        """Keep it, and say soon what became of it. False when this reference was taken before."""
        taken = self._store.run(
            "INSERT INTO sms (at, recipient, text, reference, told) VALUES (?, ?, ?, ?, '') ON CONFLICT DO NOTHING",
            to_text(self._clock()), recipient, text, reference,
        )  # fmt: skip
        if taken and self.tells:
            outcome = REFUSED if recipient.endswith(NOBODY) else RECEIVED
            timer = threading.Timer(_AFTER, self.tell, (reference, outcome))
            timer.daemon = True
            timer.start()
        return bool(taken)

    def all(self, limit: int = 200) -> list[Sms]:
        """Newest first."""
        return [_sms(row) for row in self._store.rows("SELECT * FROM sms ORDER BY id DESC LIMIT ?", limit)]

    def get(self, sms_id: int) -> Sms | None:
        row = self._store.row("SELECT * FROM sms WHERE id = ?", sms_id)
        return _sms(row) if row else None

    def clear(self) -> None:
        self._store.run("DELETE FROM sms")

    def tell(self, reference: str, outcome: str) -> bool:
        """What became of it, to its sender. False when nobody hears."""
        heard = self._call("/messages/accuses/", {"reference": reference, "status": outcome})
        if heard:
            self._store.run("UPDATE sms SET told = ? WHERE reference = ?", outcome, reference)
        return heard

    def answer(self, sender: str, text: str) -> bool:
        """What somebody answers, STOP for instance. False when nobody hears."""
        return self._call("/messages/reponses/", {"from": sender, "text": text})

    def _call(self, path: str, said: dict[str, Any]) -> bool:
        body = json.dumps(said).encode()
        moment = str(int(self._clock().timestamp()))
        signed = hmac.new(self._key.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Sms-Timestamp": moment, "X-Sms-Signature": f"sha256={signed}"}
        try:
            answer = requests.post(f"{self._product_url}{path}", data=body, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as error:
            logger.warning("nobody hears of an SMS: %s", type(error).__name__)
            return False
        return answer.ok


def _sms(row: sqlite3.Row) -> Sms:
    return Sms(row["id"], from_text(row["at"]), row["recipient"], row["text"], row["reference"], row["told"])
