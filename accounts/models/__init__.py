from accounts.models.practitioner import Delegation, Practitioner
from accounts.models.regulator import Regulator, RegulatorIdentifier, TermsAcceptance
from accounts.models.sign_in import SignIn
from accounts.models.user import User

__all__ = ["Delegation", "Practitioner", "Regulator", "RegulatorIdentifier", "SignIn", "TermsAcceptance", "User"]
