#!/bin/sh
# write-certificate.sh FINGERPRINT: takes certificate chain and private key, in PEM, from standard input, and keeps them as
# tls/FINGERPRINT.pem in the volume, for ssl_cert_file and ssl_key_file. Removes what neither this one nor the server uses.
set -eu
umask 077
folder=/var/lib/postgresql/tls
case $1 in
  '' | *[!0-9A-Za-z]*) echo "pgtenants: the certificate's fingerprint is \"$1\", expected letters and digits" >&2; exit 64 ;;
esac
new=$folder/$1.pem

mkdir -p "$folder"
cat >"$new.partial"
# The end of each, so that half a file is never taken.
if ! grep -q '^-----END CERTIFICATE-----' "$new.partial" || ! grep -q '^-----END .*PRIVATE KEY-----' "$new.partial"; then
  rm -f "$new.partial"
  echo "pgtenants: standard input held no whole certificate, or no whole private key, in PEM; the ones in use stay" >&2
  exit 65
fi
mv "$new.partial" "$new"
sync -f "$new"

# What the server runs with, and what it would start with. Where it does not answer, all stay.
used=$(psql --no-psqlrc --tuples-only --no-align --command="
  SELECT setting FROM pg_catalog.pg_settings WHERE name = 'ssl_cert_file'
  UNION SELECT setting FROM pg_catalog.pg_file_settings WHERE name = 'ssl_cert_file'" 2>/dev/null) || exit 0
for file in "$folder"/*; do
  if [ "$file" != "$new" ] && ! printf '%s\n' "$used" | grep -qxF "$file"; then rm -f "$file"; fi
done
