from accounts.models.access import AccessEvent, AccessNotice, Delegation, ManagersKeptOut, Membership
from accounts.models.acting import ActedBy, acted_by_constraint
from accounts.models.directory import DirectoryEdition, DirectoryEntry
from accounts.models.habits import MOST_TOGETHER, AgendaGroup, AgendaHabits
from accounts.models.invitation import Invitation, InvitedAccess
from accounts.models.organization import Organization, StructureIdentifier
from accounts.models.practitioner import Practitioner
from accounts.models.regulator import Regulator, RegulatorIdentifier, TermsAcceptance
from accounts.models.sign_in import SignIn
from accounts.models.user import User
from accounts.models.versioned import Versioned

__all__ = [
    "MOST_TOGETHER",
    "AccessEvent",
    "AccessNotice",
    "ActedBy",
    "AgendaGroup",
    "AgendaHabits",
    "Delegation",
    "DirectoryEdition",
    "DirectoryEntry",
    "Invitation",
    "InvitedAccess",
    "ManagersKeptOut",
    "Membership",
    "Organization",
    "Practitioner",
    "Regulator",
    "RegulatorIdentifier",
    "SignIn",
    "StructureIdentifier",
    "TermsAcceptance",
    "User",
    "Versioned",
    "acted_by_constraint",
]
