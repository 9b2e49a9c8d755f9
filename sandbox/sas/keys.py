"""The identity provider's signing key: made once, kept in the data folder, published as a JWKS."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key with the identifier that its tokens name."""

    private: rsa.RSAPrivateKey
    kid: str

    @classmethod
    def generate(cls) -> SigningKey:
        return cls._of(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def load_or_create(cls, path: Path) -> SigningKey:
        """The key of that PEM file, made with mode 600 when it is missing."""
        if path.exists():
            private = serialization.load_pem_private_key(path.read_bytes(), password=None)
            if not isinstance(private, rsa.RSAPrivateKey):
                raise ValueError(f"{path} holds no RSA key")
            return cls._of(private)
        key = cls.generate()
        pem = key.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        return key

    @classmethod
    def _of(cls, private: rsa.RSAPrivateKey) -> SigningKey:
        # RFC 7638 thumbprint: the same key has the same kid after every restart.
        public = _public_numbers(private)
        canonical = json.dumps({"e": public["e"], "kty": "RSA", "n": public["n"]}, separators=(",", ":"))
        return cls(private, _base64url(hashlib.sha256(canonical.encode()).digest()))

    def jwk(self) -> dict[str, str]:
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": ALGORITHM, **_public_numbers(self.private)}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, algorithm=ALGORITHM, headers={"kid": self.kid})

    def verify(self, token: str, *, issuer: str) -> dict[str, Any] | None:
        """The claims of a token that this key signed for `issuer`, expired or not; None otherwise."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.private.public_key(), algorithms=[ALGORITHM], issuer=issuer,
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.InvalidTokenError:
            return None
        return claims


def _public_numbers(private: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"n": _base64url_number(numbers.n), "e": _base64url_number(numbers.e)}


def _base64url_number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
