"""Which account the person is whom the SAS signed in; and all accounts, to compare them with the SAS's."""

import unicodedata
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q

from accounts.enums import IdentifierSystem
from accounts.models import Regulator, RegulatorIdentifier, User

# What a column can hold; OpenID Connect gives a `sub` no more either (Core 1.0, §2).
_LONGEST = 255


class AccountsDiffer(Exception):
    """What the SAS calls the person, and their e-mail, don't lead to one account. Says how, naming nobody."""


class StrangeAddress(Exception):
    """An e-mail that could be taken for another one's."""


def regulator_signing_in(*, subject: str, email: str) -> tuple[Regulator | None, bool]:
    """The regulator whom the SAS calls `subject`, withdrawn or not: by a technical identifier, present or former, or since they
    first came by their e-mail. Else the active one with this e-mail, unless the SAS calls that one otherwise; else a withdrawn
    one with it, of whom nothing else is known. And whether `subject` said so.

    Raises `AccountsDiffer` rather than choose, `StrangeAddress`. An empty or unprintable value matches nobody.
    """
    if not (subject.isprintable() and len(subject) <= _LONGEST):
        return None, False
    named = _named(subject)
    if named is not None and not named.active:
        return named, True
    if not (email and email.isprintable()):
        return named, named is not None
    with_email = Regulator.objects.select_related("user").filter(email=User.objects.normalize(email))
    by_email = with_email.active().first()
    if named is not None:
        if by_email is not None and by_email != named:
            raise AccountsDiffer("two accounts")
        return named, True
    if any(unicodedata.normalize("NFKC", letter) != letter for letter in email):
        raise StrangeAddress
    if by_email is None:
        uncalled = with_email.filter(sas_subject="").exclude(identifiers__system=IdentifierSystem.TECHNICAL)
        return uncalled.order_by("-withdrawn_at").first(), False
    if _is_called(by_email):
        raise AccountsDiffer("the account of this e-mail has another sub")
    return by_email, False


def _named(subject: str) -> Regulator | None:
    """An active account rather than a withdrawn one."""
    bears = Exists(
        RegulatorIdentifier.objects.filter(
            regulator=OuterRef("pk"), system=IdentifierSystem.TECHNICAL, value__spelled=subject
        )
    )
    called = Regulator.objects.select_related("user").filter(bears | Q(sas_subject=subject))
    found = list(called.order_by("-active", "-withdrawn_at")[:2])
    if len(found) > 1 and found[1].active:
        raise AccountsDiffer("two accounts have this sub")
    return found[0] if found else None


def _is_called(regulator: Regulator) -> bool:
    """Whether it is known what the SAS calls them."""
    return bool(regulator.sas_subject) or regulator.identifiers.filter(system=IdentifierSystem.TECHNICAL).exists()


def accounts_to_reconcile() -> Iterator[Regulator]:
    """All of them, active or withdrawn, oldest first, with their identifiers; two queries per thousand."""
    return Regulator.objects.order_by("created_at", "pk").prefetch_related("identifiers").iterator(chunk_size=1000)
