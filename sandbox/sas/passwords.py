"""Passwords of the sandbox's users, kept as salted scrypt digests (invented accounts, but good habits cost nothing)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

COST = {"n": 2**13, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, **COST).hex()}"


def matches(password: str, stored: str) -> bool:
    salt, _, digest = stored.partition(":")
    computed = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **COST).hex()
    return hmac.compare_digest(computed, digest)
