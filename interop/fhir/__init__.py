"""Values ↔ FHIR R4 for the exchanges with the SAS. Pure: no Django, no network, no database (import-linter checks it)."""
