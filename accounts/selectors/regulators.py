"""Which account the person is whom the SAS signed in; and all accounts, to compare them with the SAS's."""

from collections.abc import Iterator

from accounts.enums import IdentifierSystem
from accounts.models import Regulator, User


class AccountsDiffer(Exception):
    """The technical identifier and the e-mail lead to two different active accounts."""


def regulator_signing_in(*, subject: str, email: str) -> Regulator | None:
    """The active regulator whose technical identifier, present or former, is `subject`; else the one with this e-mail.

    When that identifier is a withdrawn account's, nobody: the e-mail may be another person's by now.
    Raises `AccountsDiffer` rather than choose. An empty or unprintable value matches nobody.
    """
    known = Regulator.objects.select_related("user")
    by_subject = by_email = None
    if subject.isprintable():
        by_subject = known.identified_by(IdentifierSystem.TECHNICAL, subject).first()
    if by_subject is not None and not by_subject.active:
        return None
    if email and email.isprintable():
        by_email = known.active().filter(email=User.objects.normalize(email)).first()
    if by_subject is not None and by_email is not None and by_subject != by_email:
        raise AccountsDiffer
    return by_subject or by_email


def accounts_to_reconcile() -> Iterator[Regulator]:
    """All of them, active or withdrawn, oldest first, with their identifiers; two queries per thousand."""
    return Regulator.objects.order_by("created_at", "pk").prefetch_related("identifiers").iterator(chunk_size=1000)
