"""The official profiles, through the snapshot walker of `conformance.profiles`."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

from conformance.profiles import Definitions, DefinitionsError, Finding, Severity
from sandbox.sas.appointment_checks import FAULT, OK, REMARK, Check
from sandbox.sas.vocabulary import PROFILE_APPOINTMENT, PROFILE_SLOT_BUNDLE

logger = logging.getLogger(__name__)

VERDICTS = {Severity.ERROR: FAULT, Severity.WARNING: REMARK}
NOT_CHECKED = Check(OK, "Profil non vérifié", "Définitions absentes")


class ProfileChecker:
    """Turns the walker's findings into checks; without definitions, says so and checks nothing."""

    def __init__(self, definitions: Definitions | None) -> None:
        self._definitions = definitions

    @classmethod
    @cache
    def load(cls, folder: Path | None) -> ProfileChecker:
        """Read the unpacked package of the guide. A folder that can't be used is logged; profiles stay unchecked."""
        if folder is None:
            return cls(None)
        try:
            return cls(Definitions.load(folder))
        except DefinitionsError as error:
            logger.warning("profiles are not checked: %s", error)
            return cls(None)

    @property
    def available(self) -> bool:
        return self._definitions is not None

    def check_appointment(self, resource: dict[str, Any]) -> list[Check]:
        return self._check(resource, PROFILE_APPOINTMENT, "FrAppointmentSAS")

    def check_slot_bundle(self, bundle: dict[str, Any]) -> list[Check]:
        """The Bundle and every entry, each against the profile it declares."""
        return self._check(bundle, PROFILE_SLOT_BUNDLE, "BundleAgregateur et ses entrées")

    def _check(self, resource: dict[str, Any], profile: str, name: str) -> list[Check]:
        if self._definitions is None:
            return [NOT_CHECKED]
        findings = self._definitions.check(resource, profile)
        checks = [_check_of(finding) for finding in findings if finding.severity in VERDICTS]
        return checks or [Check(OK, "Profil officiel", name)]


def _check_of(finding: Finding) -> Check:
    return Check(VERDICTS[finding.severity], "Profil officiel", f"{finding.message} ({finding.rule})", finding.path)
