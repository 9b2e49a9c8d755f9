"""What is typed of a patient, kept on our side for a quarter of an hour: another hour, another practitioner, another tab, a
session that ended lose nothing of it.

Encrypted, under a key made from the secret one: a copy of the database alone tells nobody who called. Nothing is judged here.
"""

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import User
from appointments.models import Appointment, Draft

LASTS = timedelta(minutes=15)
# A form that was really typed is far smaller.
_LONGEST = 20_000


def save_draft(*, user: User, fields: Mapping[str, str], request_id: uuid.UUID | None) -> bool:
    """Kept in place of the former one. Blank fields are left out; with nothing typed there is no draft. `request_id`: the form's;
    one is made where it has none. False when it is longer than anybody types.
    """
    typed = {name: value for name, value in fields.items() if value.strip()}
    text = json.dumps(typed, ensure_ascii=False)
    if len(text) > _LONGEST:
        return False
    if not typed:
        erase_draft(user=user)
        return True
    sealed = _locks(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()
    values = {"sealed": sealed, "saved_at": Now(), "request_id": request_id or uuid.uuid4()}
    Draft.objects.update_or_create(user=user, defaults=values)
    return True


def read_draft(*, user: User) -> dict[str, str]:
    """As typed, with its `request_id`; empty when there is none, none any more, or when it was booked. One query."""
    booked = Appointment.objects.filter(request_id=OuterRef("request_id")).order_by()
    draft = Draft.objects.filter(~Exists(booked), user=user, saved_at__gt=Now() - LASTS).first()
    if draft is None:
        return {}
    try:
        text = _locks(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(draft.sealed.encode())
    except InvalidToken:
        # The secret was changed: it is as good as gone.
        return {}
    return {**json.loads(text), "request_id": str(draft.request_id)}


def erase_draft(*, user: User) -> None:
    Draft.objects.filter(user=user).delete()


def forget_served(*, user: User, booked: Appointment) -> None:
    """Of the form that took this visit, and what was typed before it: what was not taken since is kept."""
    served = Q(request_id=booked.request_id) | Q(saved_at__lte=booked.created_at)
    Draft.objects.filter(served, user=user).delete()


def forget_drafts() -> int:
    """Those whose time is over. How many there were."""
    count, _ = Draft.objects.filter(saved_at__lte=Now() - LASTS).delete()
    return count


@lru_cache(maxsize=4)
def _locks(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"appointments.drafts").derive(secret.encode())
    return urlsafe_b64encode(made)
