"""The groups of the book, one module (or package) each."""

from __future__ import annotations

from conformance.recette.book import AnyGroup


def all_groups() -> list[AnyGroup]:
    """Every group, in the order of the report. Imported late: a group may be long."""
    from conformance.recette.groups.accounts import ACCOUNTS
    from conformance.recette.groups.appointments import APPOINTMENTS
    from conformance.recette.groups.cpts import CPTS
    from conformance.recette.groups.metadata import METADATA
    from conformance.recette.groups.sign_in import SIGN_IN
    from conformance.recette.groups.slots import SLOTS
    from conformance.recette.groups.sos import SOS
    from conformance.recette.groups.transport import TRANSPORT

    return [TRANSPORT, METADATA, SLOTS, CPTS, SOS, ACCOUNTS, SIGN_IN, APPOINTMENTS]


def choose(groups: list[AnyGroup], names: list[str]) -> list[AnyGroup]:
    """The groups called by these keys or numbers. Raises ValueError with the French sentence for an unknown one."""
    chosen = [group for group in groups if {group.key, str(group.number)} & set(names)]
    known = {name for group in groups for name in (group.key, str(group.number))}
    unknown = [name for name in names if name not in known]
    if unknown:
        keys = ", ".join(f"{group.number} {group.key}" for group in groups)
        raise ValueError(f"Groupe inconnu : « {unknown[0]} ». Les groupes : {keys}.")
    return chosen
