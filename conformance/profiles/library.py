"""The definitions of a guide, read from a folder, and what is known under each of their names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .bindings import ValueSet, parse_value_set, well_known
from .datatypes import DATATYPES
from .elements import FHIR_CORE, MalformedDefinitionError, Structure, base_of, parse_structure
from .invariants import is_settled
from .references import guess_type

# The guide's profiles were published under the first base, then partly under the second; messages use both.
SAS_BASES = (
    "http://sas.fr/fhir/StructureDefinition/",
    "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/",
)


class DefinitionsError(Exception):
    """The folder can't be used, or the profile asked for isn't in it. The message is French."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the definitions ask for and this package can't check; each tuple is sorted.

    invariants: `key: expression`; value_sets and profiles: canonical URLs that are required but not at hand.
    """

    invariants: tuple[str, ...]
    value_sets: tuple[str, ...]
    profiles: tuple[str, ...]


class Library:
    """The profiles and value sets of one folder. Immutable once loaded; safe to share between threads."""

    def __init__(self, structures: dict[str, Structure], value_sets: dict[str, ValueSet]) -> None:
        self._structures = structures
        self._value_sets = well_known() | value_sets
        self._bases = {
            structure.type: base_of(structure, DATATYPES)
            for structure in reversed(structures.values())
            if structure.type != "Extension"
        }
        # What our profiles derive from has their type, even when its own definition is not in the folder.
        self._types = {structure.base: structure.type for structure in structures.values()}
        self._types |= {structure.url: structure.type for structure in structures.values()}

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Reads every StructureDefinition and ValueSet of `folder` (an unpacked FHIR package; its `package/` subfolder
        is found too). Raises DefinitionsError when there is no folder, no profile, or a file that can't be read."""
        root = Path(folder)
        if (root / "package").is_dir():
            root /= "package"
        if not root.is_dir():
            raise DefinitionsError(f"Le dossier de définitions n’existe pas\u00a0: {folder}")
        structures: dict[str, Structure] = {}
        value_sets: dict[str, ValueSet] = {}
        for path in sorted(root.glob("*.json")):
            try:
                resource = json.loads(path.read_text(encoding="utf-8"))
                kind = resource.get("resourceType") if isinstance(resource, dict) else None
                if kind == "StructureDefinition":
                    structure = parse_structure(resource)
                    structures[structure.url] = structure
                elif kind == "ValueSet" and (value_set := parse_value_set(resource)):
                    value_sets[value_set.url] = value_set
            except (OSError, ValueError, KeyError, MalformedDefinitionError) as error:
                raise DefinitionsError(f"Définition illisible\u00a0: {path.name} ({error})") from error
        if not structures:
            raise DefinitionsError(f"Aucun profil (StructureDefinition) dans {folder}")
        return cls(structures, value_sets)

    @property
    def profile_urls(self) -> tuple[str, ...]:
        """The canonical URLs of the profiles of the folder, sorted."""
        return tuple(sorted(self._structures))

    def canonical(self, url: str) -> str:
        """The URL under which the folder publishes a profile named without its version or by the other SAS base."""
        bare = url.partition("|")[0]
        if bare in self._structures:
            return bare
        for base in SAS_BASES:
            if bare.startswith(base):
                name = bare.removeprefix(base)
                return next((other + name for other in SAS_BASES if other + name in self._structures), bare)
        return bare

    def structure(self, url: str) -> Structure | None:
        """The profile with that canonical URL (version and SAS base don't matter), if the folder holds it."""
        return self._structures.get(self.canonical(url))

    def base(self, resource_type: str) -> Structure | None:
        """The base R4 resource, as far as a profile of the folder tells it."""
        return self._bases.get(resource_type)

    def value_set(self, url: str) -> ValueSet | None:
        """The value set with that canonical URL, when its codes are known."""
        return self._value_sets.get(url.partition("|")[0])

    def type_of(self, profile_url: str) -> str:
        """The type of resource a profile is for, even one that isn't in the folder; "" when nothing tells it."""
        canonical = self.canonical(profile_url)
        if canonical in self._types:
            return self._types[canonical]
        return canonical.removeprefix(FHIR_CORE) if canonical.startswith(FHIR_CORE) else guess_type(canonical)

    def limits(self) -> Limits:
        """What these definitions ask for that `check` leaves unchecked."""
        invariants: set[str] = set()
        value_sets: set[str] = set()
        profiles: set[str] = set()
        for structure in self._structures.values():
            for element in structure.root.everything():
                unsettled = (entry for entry in element.constraints if not is_settled(entry))
                invariants.update(f"{entry.key}: {entry.expression}" for entry in unsettled)
                if element.value_set and self.value_set(element.value_set) is None:
                    value_sets.add(element.value_set.partition("|")[0])
                for entry in element.types:
                    profiles.update(url for url in entry.profiles if self.structure(url) is None)
        return Limits(tuple(sorted(invariants)), tuple(sorted(value_sets)), tuple(sorted(profiles)))
