"""The Bundle itself: type, profiles, total, self link, entries. Source: INT_R01, and FHIR R4 « Bundle »."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

from conformance.recette.findings import Problem
from conformance.recette.judging.searchset import SearchSet, address, mapping, mappings, profiles_of

SAS_FR = "http://sas.fr/fhir/StructureDefinition/"
ANS = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/"
SLOT_PROFILES = {
    "Bundle": (f"{SAS_FR}BundleAgregateur",),
    "Slot": (f"{SAS_FR}FrSlotAgregateur",),
    "Schedule": (f"{SAS_FR}FrScheduleAgregateur",),
    "Practitioner": (f"{SAS_FR}FrPractitionerAgregateur",),
    "PractitionerRole": (f"{SAS_FR}FrPractitionerRoleExerciceAgregateur",),
    "Location": (f"{SAS_FR}FrLocationAgregateur",),
}
CPTS_PROFILES = SLOT_PROFILES | {
    "Bundle": (f"{ANS}sas-cpts-bundle-aggregator",),
    # A slot that is not shown to a community may keep the plain profile.
    "Slot": (f"{ANS}sas-cpts-slot-aggregator", f"{SAS_FR}FrSlotAgregateur"),
    "HealthcareService": (f"{ANS}sas-cpts-healthcareservice-aggregator",),
    "Organization": (f"{ANS}sas-cpts-organization-aggregator",),
}
SOS_PROFILES = {
    "Bundle": (f"{ANS}sas-sos-bundle-aggregator",),
    "Slot": (f"{ANS}sas-sos-slot-aggregator",),
    "Schedule": (f"{ANS}sas-sos-schedule-aggregator",),
    "Location": (f"{ANS}sas-sos-location-aggregator",),
    "Organization": (f"{ANS}sas-sos-organization-aggregator",),
}
ExpectedProfiles = Mapping[str, tuple[str, ...]]


def judge_type(found: SearchSet) -> Iterator[Problem]:
    if found.bundle.get("resourceType") != "Bundle":
        yield Problem("La ressource rendue n’est pas un Bundle.", "resourceType")
    elif found.bundle.get("type") != "searchset":
        yield Problem("Le Bundle n’est pas de type searchset.", "Bundle.type")


def judge_declared_profiles(found: SearchSet, expected: ExpectedProfiles) -> Iterator[Problem]:
    """The Bundle, each entry and each contained resource says which profile it follows."""
    yield from _declares(found.bundle, "Bundle", expected)
    for one in found.placed:
        yield from _declares(one.resource, one.where, expected)
        for number, contained in enumerate(mappings(one.resource.get("contained"))):
            yield from _declares(contained, f"{one.where}.contained[{number}]", expected)


def judge_resource_types(
    found: SearchSet, expected: ExpectedProfiles, *, contained: tuple[str, ...]
) -> Iterator[Problem]:
    """Nothing but what the exchange knows. `contained`: types that have no entry of their own."""
    for one in found.placed:
        # FHIR allows a searchset to carry an OperationOutcome entry (mode outcome).
        if one.kind == "OperationOutcome":
            yield Problem("Une entrée OperationOutcome accompagne le résultat.", one.where, warning=True)
        elif one.kind in contained:
            yield Problem(
                f"{one.kind} a une entrée à elle : elle est attendue contenue dans une autre ressource.", one.where
            )
        elif one.kind not in expected or one.kind == "Bundle":
            yield Problem(f"Une ressource {one.kind} n’a pas sa place dans ce Bundle.", one.where)


def judge_total(found: SearchSet, kinds: tuple[str, ...] = ("Slot",)) -> Iterator[Problem]:
    """`total` is the number of matches: of Slots in INT_R01."""
    total = found.bundle.get("total")
    counts = {len(found.of_type(kind)) for kind in kinds}
    if not isinstance(total, int) or isinstance(total, bool):
        yield Problem("L’élément total est absent ou n’est pas un entier.", "Bundle.total")
    elif total not in counts:
        told = " ou ".join(map(str, sorted(counts)))
        yield Problem(f"total vaut {total} alors que le Bundle compte {told} {'/'.join(kinds)}.", "Bundle.total")


def judge_no_entry(found: SearchSet) -> Iterator[Problem]:
    """An empty result: total 0, and no `entry` at all rather than an empty one."""
    if found.bundle.get("total") != 0:
        yield Problem("total n’est pas 0 alors que rien n’est attendu.", "Bundle.total")
    if found.placed:
        yield Problem("Le Bundle porte des entrées alors que rien n’est attendu.", "Bundle.entry")
    elif "entry" in found.bundle:
        yield Problem("Un tableau entry vide est rendu : il ne s’écrit pas.", "Bundle.entry")


def judge_self_link(found: SearchSet, asked: str) -> Iterator[Problem]:
    """`asked` is the request's URL. Names and values count, not their order nor their encoding."""
    where = "Bundle.link"
    links = [link for link in mappings(found.bundle.get("link")) if link.get("relation") == "self"]
    if len(links) != 1:
        yield Problem(f"Un lien self attendu, {len(links)} trouvés.", where)
        return
    url = links[0].get("url")
    if not isinstance(url, str) or not url:
        yield Problem("Le lien self n’a pas d’adresse.", f"{where}.url")
        return
    if address(url).scheme not in ("http", "https"):
        yield Problem("L’adresse du lien self n’est pas absolue.", f"{where}.url", warning=True)
    expected, told = query_values(asked), query_values(url)
    lost, added = expected - told, told - expected
    for name in sorted({name for name, _ in lost}):
        yield Problem(f"Le lien self ne reprend pas tel quel le paramètre « {name} » de la requête.", f"{where}.url")
    for name in sorted({name for name, _ in added} - {name for name, _ in lost}):
        yield Problem(f"Le lien self porte un paramètre « {name} » que la requête n’avait pas.", f"{where}.url")
    if _last_segment(url) != _last_segment(asked):
        yield Problem("Le chemin du lien self n’est pas celui de la requête.", f"{where}.url")


def judge_full_urls(found: SearchSet) -> Iterator[Problem]:
    seen: set[str] = set()
    for one in found.placed:
        where = one.where.removesuffix(".resource") + ".fullUrl"
        url = one.entry.get("fullUrl")
        if not isinstance(url, str) or not url:
            yield Problem("Une entrée n’a pas de fullUrl.", where)
            continue
        if address(url).scheme not in ("http", "https", "urn"):
            yield Problem("Un fullUrl n’est pas une adresse absolue.", where)
        elif not url.startswith("urn:") and not url.endswith(f"{one.kind}/{one.resource.get('id')}"):
            yield Problem("Un fullUrl ne finit pas par le type et l’id de sa ressource.", where)
        if url in seen:
            yield Problem("Deux entrées ont le même fullUrl.", where)
        seen.add(url)


def judge_search_modes(found: SearchSet, matched: str = "Slot") -> Iterator[Problem]:
    """`match` for what was searched, `include` for the rest."""
    for one in found.placed:
        mode = mapping(one.entry.get("search")).get("mode")
        expected = "match" if one.kind == matched else "include"
        if mode != expected and one.kind != "OperationOutcome":
            where = one.where.removesuffix(".resource") + ".search.mode"
            yield Problem(f"search.mode vaut {mode or 'rien'} pour {one.kind} : {expected} attendu.", where)


def judge_repeated(found: SearchSet) -> Iterator[Problem]:
    """An included resource appears once, however many slots lead to it."""
    counts = Counter(one.key for one in found.placed)
    for one in found.placed:
        if not one.resource.get("id"):
            yield Problem(f"Une ressource {one.kind} n’a pas d’id.", f"{one.where}.id")
        elif counts.pop(one.key, 1) > 1:
            yield Problem(f"La même ressource {one.kind} est donnée plusieurs fois.", one.where)


def query_values(url: str) -> Counter[tuple[str, str]]:
    """Names and decoded values of a URL's query; a `+` and a blank are the same, as the platform sends both."""
    parts = (part.partition("=") for part in address(url).query.split("&") if part)
    return Counter((unquote_plus(name), unquote_plus(value).replace("+", " ")) for name, _, value in parts)


def _declares(resource: dict[str, object], where: str, expected: ExpectedProfiles) -> Iterator[Problem]:
    kind = str(resource.get("resourceType"))
    wanted = expected.get(kind, ())
    # Both canonical bases of the SAS name the same profile; a version may follow.
    declared = {url.partition("|")[0].rpartition("/")[2] for url in profiles_of(resource)}
    if wanted and not declared & {url.rpartition("/")[2] for url in wanted}:
        name = wanted[0].rpartition("/")[2]
        yield Problem(f"{kind} n’annonce pas son profil ({name}).", f"{where}.meta.profile")


def _last_segment(url: str) -> str:
    return address(url).path.rstrip("/").rpartition("/")[2]
