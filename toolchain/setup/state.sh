# shellcheck shell=bash
# What belongs to this user and machine: a Pulumi home, a file backend, a passphrase, development certificates, the stack.
# Nothing here touches the user's own Pulumi login, stacks or plugins.

set_up_folders() {
  (umask 077 && mkdir -p "$PGTENANTS_STATE/backend" "$PGTENANTS_STATE/pulumi-home" "$PGTENANTS_STATE/logs" && mkdir -p "$PGTENANTS_CACHE") ||
    fail "cannot make $PGTENANTS_STATE or $PGTENANTS_CACHE" "set PGTENANTS_STATE and PGTENANTS_CACHE to folders that this user may write"
  export PULUMI_HOME="$PGTENANTS_STATE/pulumi-home" PULUMI_BACKEND_URL="file://$PGTENANTS_STATE/backend"
  export PULUMI_CONFIG_PASSPHRASE_FILE="$PGTENANTS_STATE/passphrase" PULUMI_SKIP_UPDATE_CHECK=true
  keep_no_logs
  # Pulumi.dev.yaml is in the repository, the passphrase is not: the stack's salt is taken from its state where the file has none.
  export PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true
  # Node.js keeps what it made of the SDK's sources: language host and program are started anew by every command.
  export NODE_COMPILE_CACHE="$PGTENANTS_CACHE/node-compile-cache"
  # The engine asks the providers what would change in several resources at once: a fifth of a preview's time.
  export PULUMI_PARALLEL_DIFF=true
  # The CLI and the providers are written in Go, live for seconds, and spent a tenth of them on collecting garbage.
  export GOGC=400
  # A passphrase in the user's environment would win over the file.
  unset PULUMI_CONFIG_PASSPHRASE
}

# The CLI logs all that it does, secrets encrypted: 5 MB for a preview of 100 tenants, and a seventh of its time. There is no setting
# against it; where it finds no folder it goes on without.
keep_no_logs() {
  if [ -f "$PULUMI_HOME/logs" ]; then return 0; fi
  rm -rf "$PULUMI_HOME/logs"
  printf 'A file, so that Pulumi keeps no logs of every command here. It makes its folder again when this is deleted; set-up puts it back.\n' >"$PULUMI_HOME/logs"
}

# Made once, 256 bits. Never written again: without it no secret in the state can be read.
set_up_passphrase() {
  local file=$PULUMI_CONFIG_PASSPHRASE_FILE part
  if [ -s "$file" ]; then return 0; fi
  if [ -e "$(stack_state)" ]; then
    fail "the passphrase $file is gone, but the stack's state that it protects is there" \
      "restore the file, or move $PGTENANTS_STATE away to begin anew"
  fi
  part=$(umask 077 && mktemp "$file.XXXXXX")
  head -c 32 /dev/urandom | base64 | tr -d '\n' >"$part"
  mv "$part" "$file"
  say "passphrase: made, $file (without it no secret in the state can be read)"
}

set_up_certificates() {
  local made line
  made=$(node toolchain/setup/developmentCertificates.ts "$PGTENANTS_STATE/tls" "$(stack_setting domain db.localhost)") ||
    fail "the development certificates could not be made in $PGTENANTS_STATE/tls" "see the lines above"
  while read -r line; do
    if [ -n "$line" ]; then say "$line"; fi
  done <<<"$made"
}

# plain_value FILE KEY: the one-line value of a key at the beginning of a line of a YAML file, for what must be known before Node.js and
# Pulumi are there.
plain_value() { sed -n "s/^$2: *[\"']\{0,1\}\([^\"' ]*\).*/\1/p" "$1" 2>/dev/null | head -n 1; }

# The project's name: another one where `pulumi new` made the checkout from this repository as a template.
project_name() { plain_value Pulumi.yaml name; }

# The file backend's checkpoint of the stack.
stack_state() { printf '%s/backend/.pulumi/stacks/%s/%s.json' "$PGTENANTS_STATE" "$(project_name)" "$STACK"; }

# stack_setting NAME DEFAULT: one value of the stack's configuration. The CLI takes a key without a namespace for the project's own.
stack_setting() {
  local key value
  for key in "$(project_name):$1" "$1"; do
    value=$(plain_value "Pulumi.$STACK.yaml" " *$key" || true)
    if [ -n "$value" ]; then break; fi
  done
  printf '%s\n' "${value:-$2}"
}

set_up_stack() {
  local work
  if [ ! -e "$(stack_state)" ]; then
    # In a folder of its own: the command would rewrite the checkout's Pulumi.dev.yaml.
    work=$(work_folder)
    cp Pulumi.yaml "$work/"
    (cd "$work" && logged stack 60 pulumi stack init "$STACK" --secrets-provider passphrase --no-select) ||
      fail_logged stack "the stack $STACK could not be created"
    say "stack $STACK: created"
  fi
  set_up_salt
  if ! pulumi stack --show-name >/dev/null 2>&1; then
    pulumi stack select "$STACK" >/dev/null || fail "the stack $STACK could not be selected"
  fi
}

# The CLI writes the salt of the passphrase into Pulumi.dev.yaml, and reformats the file as it does. The salt is this machine's, the file
# is everybody's: so it is written here, as one line at the end, and a filter (.gitattributes) takes it out of what git sees.
set_up_salt() {
  local file="Pulumi.$STACK.yaml" salt part
  salt=$(node --print 'JSON.parse(fs.readFileSync(process.argv[1])).checkpoint.latest.secrets_providers.state.salt' "$(stack_state)") ||
    fail "the stack's state $(stack_state) holds no salt" "the file is damaged: restore it from $PGTENANTS_STATE/backend/.pulumi/backups"
  if ! grep -qxF "encryptionsalt: $salt" "$file"; then
    refuse_unreadable_secrets "$file"
    part=$(mktemp "$file.XXXXXX")
    { sed '/^encryptionsalt:/d' "$file" && printf 'encryptionsalt: %s\n' "$salt"; } >"$part"
    chmod 644 "$part"
    mv "$part" "$file"
  fi
  hide_from_git "$file" "cat && echo 'encryptionsalt: $salt'"
}

# refuse_unreadable_secrets FILE: what is encrypted in a file by another salt than the state's could never be read again under the state's.
refuse_unreadable_secrets() {
  if ! grep -q '^encryptionsalt:' "$1" || ! grep -Eq '(^|[{[:space:]])secure:' "$1"; then return 0; fi
  fail "$1 holds secrets that are encrypted by another salt than that of the stack's state $(stack_state), as after that state was lost" \
    "./pgt recover puts the state back; where secrets are lost for good: take them and the line encryptionsalt out of $1, make up, set them again"
}

# hide_from_git FILE SMUDGE: the filter of this clone. Its smudge half puts the line back where git writes the file anew.
hide_from_git() {
  if ! have git || ! git rev-parse --git-dir >/dev/null 2>&1; then return 0; fi
  if [ "$(git config --get filter.pgtenants-salt.smudge)" != "$2" ]; then
    git config filter.pgtenants-salt.clean "sed '/^encryptionsalt:/d'"
    git config filter.pgtenants-salt.smudge "$2"
  fi
  # Git takes a file of another size for modified without asking the filter, until its index knows the new size.
  if ! git diff-files --quiet -- "$1" && [ "$(git hash-object --path "$1" -- "$1")" = "$(git rev-parse --quiet --verify ":$1")" ]; then
    git add -- "$1"
  fi
}

# What a shell needs for `pulumi` by hand: names and paths, never a secret.
write_environment() {
  local file="$PGTENANTS_STATE/env.sh" part name
  part=$(umask 077 && mktemp "$file.XXXXXX")
  {
    printf '# Written by set-up. Use it by: source %s\n' "$file"
    # The cache too: a set-up that did not know it would take our tools on PATH for the machine's own.
    for name in PGTENANTS_STATE PGTENANTS_CACHE PULUMI_HOME PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE_FILE \
      PULUMI_SKIP_UPDATE_CHECK PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER PULUMI_PARALLEL_DIFF NODE_COMPILE_CACHE GOGC ${DOCKER_HOST:+DOCKER_HOST}; do
      printf 'export %s=%q\n' "$name" "${!name}"
    done
    printf 'unset PULUMI_CONFIG_PASSPHRASE\n'
    # shellcheck disable=SC2016 # expanded by the shell that sources it
    if [ -n "$TOOL_FOLDERS" ]; then printf 'export PATH=%q:"$PATH"\n' "$TOOL_FOLDERS"; fi
  } >"$part"
  if cmp -s "$part" "$file"; then rm -f "$part"; else mv "$part" "$file"; fi
}
