#!/bin/sh
# write-certificate.sh FINGERPRINT: takes certificate chain and private key, in PEM, from standard input, and keeps them as
# tls/FINGERPRINT.pem in the volume, for ssl_cert_file and ssl_key_file. apply.sh, which makes the server use it, removes the others.
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
