#!/bin/sh
# copy.sh archive|backup TENANT: copies what the store does not have yet of a tenant's repository: WAL, or finished backups; a bounded lot of
# it, so that no tenant holds up the others. What is in the store is never deleted and never written over, whatever becomes of the repository.
#
# The one exception are pgBackRest's lists of what there is (*.info): they change, and what they name must be there. So they are read before
# all else, go when everything else is there, and every version of them is kept (info/).
set -u
umask 077
. "${0%/*}/common.sh"
what=$1 tenant=$2
root=/repositories/$tenant
files=200
bytes=268435456
# As long as a listing of the store is believed: what somebody deletes there is copied again after that.
relist=86400

memory=$home/tenants/$tenant
had=$memory/$what.had
work=/tmp/work/$tenant.$what
said=$work/said
began=$(date +%s)

fail() {
  why=$(last_words "$said")
  keep "$memory/$what.error" "$(date +%s)" "${why:-ended without a word}"
  exit 1
}

# all_there: of this moment all is in the store.
all_there() {
  rm -f "$memory/$what.error"
  keep "$memory/$what.complete" "$began"
  exit 0
}

is_older() { [ $((began - $(stat -c %Y "$1" 2>/dev/null || echo 0))) -gt "$2" ]; }

# names TYPE: what could be copied of the repository. Only names as pgBackRest makes them; never through a link.
names() {
  cd "$root" || exit
  case $1 in
    info) find . -mindepth 4 -maxdepth 4 -type f -path "./*/$what/*" \( -name '*.info' -o -name '*.info.copy' \) -printf '%P\n' ;;
    archive) find . -mindepth 4 -type f -path './*/archive/*' ! -name '*.info' ! -name '*.info.copy' ! -name '*.tmp*' -printf '%P\n' ;;
    # Of a backup that is not finished there may be others with the same names: it has no manifest yet.
    backup)
      find . -mindepth 4 -type f -path './*/backup/*' ! -name '*.tmp*' -printf '%P\n' | awk -F/ '
        NF == 5 && $5 == "backup.manifest" { finished[$1 "/" $3 "/" $4] = 1 }
        { path[NR] = $0; of[NR] = $1 "/" $3 "/" $4; history[NR] = $4 == "backup.history" }
        END { for (i = 1; i <= NR; i++) if (of[i] in finished || history[i]) print path[i] }'
      ;;
  esac | grep -E '^[A-Za-z0-9._/+@=-]+$' | LC_ALL=C sort
}

# In the order in which they are needed: WAL by its number, a backup's manifest after its files.
new() {
  LC_ALL=C comm -23 "$work/there" "$had" | grep -v '/backup\.manifest'
  LC_ALL=C comm -23 "$work/there" "$had" | grep '/backup\.manifest'
}

# pgBackRest puts files in place by renaming them, which a folder's time shows.
if [ -e "$memory/$what.error" ] || is_older "$memory/$what.listed" "$relist" || [ ! -e "$memory/$what.seen" ]; then :
elif [ -z "$(find "$root" -type d -newer "$memory/$what.seen" -print -quit)" ]; then all_there; fi

rm -rf "$work"
mkdir -p "$memory" "$work/info"
# A second early: the kernel's clock for files is a coarse one.
touch -d '1 second ago' "$work/seen"

if [ ! -e "$had" ] || is_older "$memory/$what.listed" "$relist"; then
  code=0
  timeout 600 rclone lsf --recursive --files-only "offsite:tenants/$tenant" >"$work/listed" 2>"$said" || code=$?
  # 3: there is no such folder yet. In a bucket there are no folders, so nothing but an empty list says so.
  if [ "$code" != 0 ] && { [ "$code" != 3 ] || is_atomic; }; then fail; fi
  LC_ALL=C sort "$work/listed" >"$had.new" && mv "$had.new" "$had"
  : >"$memory/$what.listed"
fi

names info >"$work/infos"
"${0%/*}/open-files.pl" "$root" "$work/links" 16 16777216 cp -rL "$work/links/." "$work/info" <"$work/infos" >/dev/null 2>"$said" || fail
rm -rf "$work/links"

names "$what" >"$work/there"
new >"$work/new"
refused=0
# shellcheck disable=SC2016 # expanded by the shell that it is for
timeout 3600 "${0%/*}/open-files.pl" "$root" "$work/links" "$files" "$bytes" sh -c '. "$0" && deliver "$1" "$2"' \
  "${0%/*}/common.sh" "$work/links" "tenants/$tenant" <"$work/new" >"$work/taken" 2>"$said" || refused=$?
case $refused in 0 | 3) ;; *) fail ;; esac
if [ -s "$work/taken" ]; then
  copied=$(awk '{ sum += $1 } END { print sum }' "$work/taken")
  cut -d ' ' -f 2- "$work/taken" | LC_ALL=C sort - "$had" >"$had.new" && mv "$had.new" "$had"
  keep "$memory/$what.bytes" "$(($(cat "$memory/$what.bytes" 2>/dev/null || echo 0) + copied))"
fi
names "$what" >"$work/now"
waiting=$(LC_ALL=C comm -23 "$work/there" "$had" | LC_ALL=C comm -12 - "$work/now" | grep -c .)
keep "$memory/$what.waiting" "$waiting"
if [ "$refused" = 3 ]; then fail; fi
if [ "$waiting" != 0 ]; then
  # Not before the others had their turn, but at once then.
  : >/tmp/more
  exit 10
fi

if [ -n "$(ls -A "$work/info")" ] && ! diff -rq "$work/info" "$memory/$what.info" >/dev/null 2>&1; then
  # A backup is worth nothing without the WAL that was written during it.
  if [ "$what" = backup ]; then "$0" archive "$tenant" || exit 10; fi
  version=info/$tenant/$(date -u +%Y%m%dT%H%M%SZ)
  rclone copy "$work/info" "offsite:$version" 2>"$said" || fail
  rclone copy --ignore-times "$work/info" "offsite:tenants/$tenant" 2>"$said" || fail
  rm -rf "$memory/$what.info"
  cp -r "$work/info" "$memory/$what.info"
fi
mv "$work/seen" "$memory/$what.seen"
rm -rf "$work"
all_there
