"""Values ↔ FHIR R4 for the exchanges with the SAS. Pure: no Django, network nor database (import-linter checks it)."""
