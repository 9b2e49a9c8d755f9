#!/bin/sh
# Gather pg_dump, pg_restore and psql with the libraries they need, for the image that backs up and restores:
#   postgres_client.sh /usr/lib/postgresql/18/bin /opt/postgresql
# The programs of a PostgreSQL image are as new as its server; Debian's own are older. Both images are the same Debian: the C
# library is not taken along.
set -eu
from=$1 to=$2
mkdir -p "$to/bin" "$to/libexec" "$to/lib"
for program in pg_dump pg_restore psql; do
    cp -L "$from/$program" "$to/libexec/$program"
    ldd "$from/$program" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p' \
        | grep -v -E '/(libc|libm|libdl|libpthread|librt|libresolv)\.so' | xargs -r cp -L -t "$to/lib"
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$to/lib" "$to/libexec/$program" > "$to/bin/$program"
    chmod 0755 "$to/bin/$program" "$to/libexec/$program"
done
