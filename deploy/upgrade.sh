#!/bin/sh
# Put a new image to work under deploy/compose.yaml without an interruption: migrate, then web one by one, then workers.
#   AGENDA_IMAGE=registry.example/sas-agenda@sha256:… deploy/upgrade.sh
# Stops at the first step that fails; what runs then is the old version, or both, which a migration must allow
# (docs/deployment.md, "Upgrades").
set -eu
cd "$(dirname "$0")"

docker compose run --rm migrate
docker compose run --rm static
for web in web-1 web-2 fhir-1 fhir-2; do
    # Told to end, it lets nobody new in and answers those inside (deploy/draining.py); the other one serves meanwhile.
    docker compose up --detach --no-deps --wait "$web"
done
# worker-sas, then beat, then worker: the newest beat fills a queue that is served, and the newest worker watches who is woken.
for service in worker-sas beat worker; do
    docker compose up --detach --no-deps --wait "$service"
done
# Replaced only when its own definition changed: a second without answer on one machine. New certificates need no more than
# docker compose exec nginx nginx -c /tmp/nginx.conf -s reload
docker compose up --detach --no-deps --wait nginx
