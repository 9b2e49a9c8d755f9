"""Checks FHIR R4 JSON resources against the StructureDefinition snapshots of an implementation guide.

Standard library only; it knows nothing of Django, of our product, nor of any network. The guide's definitions are read
from a folder given by path (an unpacked FHIR package, e.g. *ans.fhir.fr.sas*): none is shipped here.

    from conformance.profiles import Definitions, has_errors

    definitions = Definitions.load("…/ans.fhir.fr.sas-1.1.0")
    findings = definitions.check(resource)                      # against its meta.profile
    findings = definitions.check(resource, profile_url="http://sas.fr/fhir/StructureDefinition/FrSlotAgregateur")
    refused = has_errors(findings)

On the command line: `python -m conformance.profiles FILE... --definitions DIR`.

What is checked (and the `Finding.rule` that says so)
-----------------------------------------------------
- JSON form: no null, no empty object or array (`json.null`, `json.empty`), arrays where R4 repeats (`json.array`),
  objects where R4 has objects (`json.type`); unknown elements (`element.unknown`), choice types `value[x]`
  (`type.choice`), syntax of every primitive (`type.format`), `resourceType` (`resource.type`).
- Profile: cardinality, nested and of slices (`cardinality.min`, `cardinality.max`, `slice.min`, `slice.max`), fixed
  values and patterns (`fixed`, `pattern`), length (`max-length`), slicing by value, pattern, type, profile and exists,
  `$this` included (`slice.closed`, `slice.order`, `slice.unmatched`), required bindings on value sets whose codes are
  known (`binding`).
- Nested resources: contained ones and Bundle entries, each against its declared profiles, plus the profile that the
  Bundle's slice gives it. Extensions against their definition when the folder has it (`extension.modifier` for an
  unknown modifier).
- References: form, type, aggregation and, for a target that is contained or in the same Bundle, its profile
  (`reference.format`, `reference.type`, `reference.aggregation`, `reference.profile`).
- Invariants (`invariant.<key>`), written by hand: att-1, app-1 to app-4, bdl-1 to bdl-5, bdl-7 to bdl-12, cpt-2,
  dom-2 to dom-5, ext-1, org-1 to org-3, per-1, ref-1, FINESS-invariant, SIRET-invariant. `ele-1` is the JSON form
  above.

Both canonical bases of the SAS (`http://sas.fr/fhir/…`, `https://interop.esante.gouv.fr/ig/fhir/sas/…`) name the same
profile, as does a version after `|`. A resource without any known profile is checked against its base R4 type, read
back from the snapshots.

What is not checked
-------------------
Said as `information`, once per check: profiles and extensions that the folder lacks (`profile.unknown`,
`extension.unknown`: those of fr.core), value sets it lacks (`binding.unknown`: fr.core, NOS), other datatypes
(`type.unknown`), other invariants (`invariant.unknown`), slices whose criterion is one of these
(`slice.undecidable`), resource types that no profile is about (`resource.unknown`), targets outside the Bundle
(`reference.unresolved`). :meth:`Definitions.limits` lists them for a whole folder.

Left out altogether: bindings that are not required; the narrative's own XHTML and `dom-6` (a narrative is only good
practice); slices of slices; display texts; the rules that the SAS adds to its profiles (see the acceptance checks).

Where the standard leaves room: a slice with fixed values below `$this` is recognised by those values alone, its
required binding being then checked, not used to recognise it; a resource that declares the profile of a `profile`
slice belongs to that slice even when it is broken.
"""

from .definitions import Definitions
from .findings import Finding, Severity, has_errors
from .library import SAS_BASES, DefinitionsError, Limits

__all__ = ["SAS_BASES", "Definitions", "DefinitionsError", "Finding", "Limits", "Severity", "has_errors"]
