"""Phone numbers: read as typed at a place, kept in international form, written as their country writes them. Pure.

Kept form: E.164, `+33612345678`. A region is an ISO 3166 code, those of France's overseas included (`RE`, `NC`).
"""

import re

import phonenumbers

from accounts.french import NBSP, quoted

# ITU-T E.164 allows 15 digits, country code included; the shortest lines there are have seven.
E164 = r"^\+[1-9][0-9]{6,14}\Z"
E164_TOLD = "Le téléphone s’écrit au format international, par exemple +33199001234."

# Short numbers of their own, dialled without any 0. The other regions share the ten digits of the mainland.
_OWN_NUMBERS = {"PM", "NC", "PF", "WF"}

# Overseas numbers are dialled with a leading 0 like any French one, but have a country code of their own. Planning of the
# Arcep: 0262, 0263, 0692, 0693 Réunion; 0269, 0639 Mayotte; 0590, 0690, 0691 Guadeloupe; 0594, 0694 Guyane; 0596, 0696,
# 0697 Martinique. 06 39 98 is the mainland's block for works of fiction, hence for demonstrations.
_OVERSEAS = {
    "262": "262", "263": "262", "692": "262", "693": "262", "269": "262", "639": "262",
    "590": "590", "690": "590", "691": "590",
    "594": "594", "694": "594",
    "596": "596", "696": "596", "697": "596",
}  # fmt: skip
_FICTION = "63998"
# Saint-Pierre-et-Miquelon's six digits come after 0508 when dialled from elsewhere in France.
_MIQUELON = "508"
# Its numbers have had eight digits since 2014; phonenumbers still takes the six of before.
_POLYNESIA = 689
# Of a stored number: what can be dialled from abroad as it is.
_DIALLED = re.compile(r"\+33[1-9][0-9]{8}|\+(?!33)[1-9][0-9]{6,14}")


def is_e164(text: str) -> bool:
    return re.match(E164, text) is not None


def read_phone(text: str, region: str = "FR", *, whose: str = "À qui est ce numéro") -> str:
    """E.164 of a number typed in this region. Without an international prefix, ten digits from 0 are French everywhere.
    `whose`: what the field is called that says whose it is.

    Raises ValueError with the French sentence to show: what is wrong, then what to do.
    """
    if re.search(r"[^0-9\s+().\-/]", text):
        raise ValueError(
            f"Un numéro de téléphone ne contient que des chiffres\u00a0: {_what_to_do(text, region, whose)}."
        )
    if region not in _OWN_NUMBERS or re.fullmatch(r"0[1-9][0-9]{8}", re.sub(r"[^0-9+]", "", text)):
        region = "FR"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise ValueError("Cet indicatif de pays n’existe pas\u00a0: vérifiez les chiffres après le +.") from None
        raise ValueError("Ce numéro n’est pas lisible\u00a0: écrivez-le comme 06 12 34 56 78.") from None
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 33:
        return _french(national)
    if number.country_code == _POLYNESIA and len(national) != 8:
        raise ValueError("Un numéro de Polynésie française a 8 chiffres\u00a0: vérifiez-le.")
    read = f"+{number.country_code}{national}"
    # Some countries' numbers may be "possible" beyond what E.164 allows.
    if not is_e164(read) or not phonenumbers.is_possible_number(number):
        raise ValueError("Ce numéro n’a pas la longueur attendue dans ce pays\u00a0: vérifiez-le.")
    return read


def international(stored: str) -> str | None:
    """A stored number in E.164, to be told abroad; None when nobody can dial it from there (15, 3237)."""
    if _DIALLED.fullmatch(stored):
        return stored
    try:
        return read_phone(stored)
    except ValueError:
        return None


def written(e164: str) -> str:
    """As its country writes it, with unbreakable spaces: 01 99 00 12 34, 0692 00 12 34, +41 79 123 45 67.

    Numbers of France and of its overseas departments are as one dials them there, the others international.
    """
    if match := re.fullmatch(r"\+33([1-9][0-9]{8})", e164):
        return NBSP.join(_pairs(f"0{match[1]}"))
    code, national = e164[1:4], e164[4:]
    # Of another country's code, these ten digits would be dialled elsewhere.
    if re.fullmatch(r"[1-9][0-9]{8}", national) and _country_code(national) == code:
        return NBSP.join([f"0{national[:3]}", *_pairs(national[3:])])
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace(" ", NBSP)


def _pairs(digits: str) -> list[str]:
    return [digits[index : index + 2] for index in range(0, len(digits), 2)]


def _french(national: str) -> str:
    digits = national.removeprefix("0")
    if digits.startswith("0"):
        raise ValueError("Ce numéro n’existe pas\u00a0: vérifiez ses premiers chiffres.")
    count = len(digits) + 1  # as people count them, with the leading 0
    if count == 9:
        raise ValueError("Ce numéro a 9 chiffres\u00a0: ajoutez celui qui manque.")
    if count == 11:
        raise ValueError("Ce numéro a 11 chiffres\u00a0: retirez celui qui est en trop.")
    if count != 10:
        raise ValueError("Ce numéro n’a pas 10 chiffres\u00a0: vérifiez-le.")
    if digits.startswith(_MIQUELON):
        return f"+{digits}"
    return f"+{_country_code(digits)}{digits}"


def _country_code(digits: str) -> str:
    """Of the nine digits that follow the 0."""
    return "33" if digits.startswith(_FICTION) else _OVERSEAS.get(digits[:3], "33")


def _what_to_do(text: str, region: str, whose: str) -> str:
    """« 06 39 98 12 34 (fille) » says whose number it is: that has a field of its own."""
    said = re.search(r"[^\W\d_](?:[^\d()]*[^\W\d_])?", text)
    try:
        read_phone(re.sub(r"[^0-9\s+.\-/]", "", text), region)
    except ValueError:
        said = None
    if said is None:
        return "retirez le reste"
    return f"écrivez {quoted(said[0])} dans {quoted(whose)}"
