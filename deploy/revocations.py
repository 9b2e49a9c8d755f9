"""Fetch the revocation lists nginx checks client certificates against, every day, before they end.

    python -m deploy.revocations --authority tls/authority.pem --output tls/revoked.pem LIST…

Each LIST is a file or an http(s) address, DER or PEM. Nothing is written, and the exit code is 1, unless every authority of
the file has a list that it signed, that is in force and not older than the one in place: with a missing or ended list nginx
refuses every client, with an older one it takes back those revoked since. nginx reads the new file at its next reload.
"""

import argparse
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

SECONDS = 30
MAX_LIST = 64 * 1024 * 1024


class Unusable(Exception):
    """These lists can't be put to work; the message says why."""


def fetch(source: str) -> x509.CertificateRevocationList:
    """The list of a file or an address. Plain HTTP is usual and enough: the signature counts. Raises Unusable."""
    try:
        if source.startswith(("http://", "https://")):
            with urllib.request.urlopen(source, timeout=SECONDS) as answer:  # noqa: S310 - http(s), checked above
                content = answer.read(MAX_LIST + 1)
        else:
            content = Path(source).read_bytes()
        if len(content) > MAX_LIST:
            raise Unusable(f"{source}: longer than {MAX_LIST} bytes")
        pem = content.lstrip().startswith(b"-----BEGIN")
        return x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
    except (OSError, urllib.error.URLError) as error:
        raise Unusable(f"{source}: {getattr(error, 'reason', None) or error}") from error
    except ValueError as error:
        raise Unusable(f"{source}: not a revocation list") from error


def check(
    lists: Sequence[x509.CertificateRevocationList], authorities: Sequence[x509.Certificate], *, now: datetime
) -> datetime:
    """When the first of these lists ends. Raises Unusable unless there is one in force for each authority, and no other."""
    ends = []
    for authority in authorities:
        name = authority.subject.rfc4514_string()
        signed = [one for one in lists if _is_signed_by(one, authority)]
        if not signed:
            raise Unusable(f"no list signed by {name}")
        in_force = [one.next_update_utc for one in signed if _is_in_force(one, now)]
        if not in_force:
            raise Unusable(f"the list of {name} is not in force")
        ends.append(max(end for end in in_force if end))
    if any(not any(_is_signed_by(one, authority) for authority in authorities) for one in lists):
        raise Unusable("a list that none of the authorities signed")
    return min(ends)


def _is_signed_by(one: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    # The types that may sign a list: RSA and elliptic curves, among those an authority may have.
    return one.issuer == authority.subject and one.is_signature_valid(key)  # type: ignore[arg-type]


def _is_in_force(one: x509.CertificateRevocationList, now: datetime) -> bool:
    return one.next_update_utc is not None and one.last_update_utc <= now < one.next_update_utc


def _refuse_older(
    lists: Sequence[x509.CertificateRevocationList], *, in_place: Sequence[x509.CertificateRevocationList]
) -> None:
    """Lists come over plain HTTP: whoever is on the way can answer with one of last week, which is still in force."""
    for old in in_place:
        newer = [one.last_update_utc for one in lists if one.issuer == old.issuer]
        if newer and max(newer) < old.last_update_utc:
            raise Unusable(f"the list of {old.issuer.rfc4514_string()} is older than the one in place")


def _lists_of(output: Path) -> list[x509.CertificateRevocationList]:
    """What is in place, as far as it can be read: a file that is no list protects nobody."""
    try:
        blocks = re.findall(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", output.read_bytes(), re.DOTALL)
        return [x509.load_pem_x509_crl(block) for block in blocks]
    except (OSError, ValueError):
        return []


def renew(sources: Sequence[str], *, authority: Path, output: Path, now: datetime) -> datetime:
    """Write the checked lists to `output`, at once or not at all; when the first ends. Raises Unusable."""
    try:
        authorities = x509.load_pem_x509_certificates(authority.read_bytes())
    except (OSError, ValueError) as error:
        raise Unusable(f"{authority}: {error}") from error
    lists = [fetch(source) for source in sources]
    end = check(lists, authorities, now=now)
    _refuse_older(lists, in_place=_lists_of(output))
    draft = output.with_name(f"{output.name}.new")
    try:
        draft.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in lists))
        draft.replace(output)
    except OSError as error:
        raise Unusable(f"{output}: {error.strerror}") from error
    return end


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.revocations", description="Renew the revocation lists.")
    parser.add_argument("lists", nargs="+", metavar="LIST", help="file or http(s) address, DER or PEM")
    parser.add_argument("--authority", type=Path, required=True, help="the authorities, PEM")
    parser.add_argument("--output", type=Path, required=True, help="what nginx reads (ssl_crl)")
    given = parser.parse_args(arguments)
    try:
        end = renew(given.lists, authority=given.authority, output=given.output, now=datetime.now(UTC))
    except Unusable as error:
        sys.stderr.write(f"Revocation lists kept as they were: {error}.\n")
        return 1
    sys.stdout.write(f"Written to {given.output}; the first list ends on {end:%Y-%m-%d %H:%M} UTC.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
