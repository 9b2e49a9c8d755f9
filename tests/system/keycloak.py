"""A real Keycloak, from Maven Central, with the realm that the SAS's has: one client, one regulator."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

VERSION = "26.4.7"
# It builds itself first, on a machine that others may use.
START_SECONDS = 600


def fetched(folder: Path) -> Path:
    """Its folder, unpacked in this one. Skips where it was not asked for, or Java, Maven or the package is missing."""
    if not os.environ.get("KEYCLOAK"):
        # It begins in minutes, and the whole suite has ten.
        pytest.skip("KEYCLOAK is not set: the sign-in is not tried on a real Keycloak")
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: the sign-in is not tried on a real Keycloak")
    artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={folder}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode:
        pytest.skip(f"Maven does not serve Keycloak here: {done.stdout[-300:]}")
    shutil.unpack_archive(folder / f"keycloak-quarkus-dist-{VERSION}.zip", folder)
    return folder / f"keycloak-{VERSION}"


@contextmanager
def running(home: Path, port: int, realm: dict[str, Any]) -> Iterator[str]:
    """Its issuer, when it answers."""
    (home / "data/import").mkdir(parents=True)
    (home / "data/import/realm.json").write_text(json.dumps(realm), encoding="utf-8")
    issuer = f"http://127.0.0.1:{port}/realms/{realm['realm']}"
    options = ["start-dev", "--import-realm", "--http-host=127.0.0.1", f"--http-port={port}"]
    with (home / "output").open("wb") as output:
        # Its files are unpacked without their rights.
        process = subprocess.Popen(["sh", home / "bin/kc.sh", *options], stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(issuer):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"Keycloak does not start:\n{(home / 'output').read_text(errors='replace')[-2000:]}")
            time.sleep(0.5)
        yield issuer
    finally:
        # It keeps nothing worth a farewell.
        process.kill()
        process.wait(30)


def realm_of(*, client_id: str, secret: str, redirect_uri: str, user: dict[str, str]) -> dict[str, Any]:
    """`user`: `id` (its `sub`), `email`, `password`."""
    return {
        "realm": "sas",
        "enabled": True,
        "sslRequired": "none",
        "clients": [
            {
                "clientId": client_id,
                "secret": secret,
                "redirectUris": [redirect_uri],
                "standardFlowEnabled": True,
                "attributes": {"pkce.code.challenge.method": "S256"},
                "protocolMappers": [
                    {
                        "name": "idp_connect",
                        "protocol": "openid-connect",
                        "protocolMapper": "oidc-hardcoded-claim-mapper",
                        "config": {
                            "claim.name": "idp_connect",
                            "claim.value": "mdp",
                            "jsonType.label": "String",
                            "id.token.claim": "true",
                        },
                    }
                ],
            }
        ],
        "users": [
            {
                "id": user["id"],
                "username": user["email"],
                "email": user["email"],
                "emailVerified": True,
                "firstName": "Camomille",
                "lastName": "Régulatrice-Démo",
                "enabled": True,
                "credentials": [{"type": "password", "value": user["password"]}],
            }
        ],
    }


def _answers(issuer: str) -> bool:
    try:
        return requests.get(f"{issuer}/.well-known/openid-configuration", timeout=2).status_code == 200
    except requests.RequestException:
        return False
