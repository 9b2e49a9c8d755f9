#!/bin/sh
# What starts in the image. Addresses that hold a password come as files (…_FILE), as the other secrets do: they then show
# neither in the container's definition nor in `docker inspect`.
set -eu
for name in DATABASE_URL REDIS_URL EMAIL_URL; do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        value=$(cat "$file")
        export "$name=$value"
    fi
done
exec "$@"
