# shellcheck shell=bash
# The provider plugins, in the versions that package.json's SDKs ask for, in a PULUMI_HOME of our own.

set_up_plugins() {
  local versions name version
  versions=$(plugin_versions) || fail "the plugins' versions could not be read from package.json" "see the lines above"
  while read -r name version; do
    set_up_plugin "$name" "$version"
  done <<<"$versions"
}

plugin_versions() {
  # shellcheck disable=SC2016 # a template literal of JavaScript
  node --input-type=module --eval '
    import { readFileSync } from "node:fs";
    const { dependencies } = JSON.parse(readFileSync(process.argv[1], "utf8"));
    for (const name of ["docker", "random", "command"]) console.log(name, dependencies[`@pulumi/${name}`]);
  ' package.json
}

# set_up_plugin NAME VERSION. The marker says where the installed one is from: a built one is replaced when its sources changed.
set_up_plugin() {
  local name=$1 version=$2 source=plugins origin marker="$PULUMI_HOME/pgtenants-plugin-$1-$2"
  if [ "$name" = command ]; then source="command"; fi
  origin=$(cat "$marker" 2>/dev/null || true)
  if [ -d "$PULUMI_HOME/plugins/resource-$name-v$version" ]; then
    if [ "$origin" = official ] || [ "$origin" = "$(plugin_hash $source)" ]; then return 0; fi
  fi
  if download_plugin "$name" "$version"; then
    origin=official
  else
    origin=$(plugin_hash $source)
    build_plugin "$name" "$version" $source "$PGTENANTS_CACHE/$source-$origin"
  fi
  printf '%s\n' "$origin" >"$marker"
}

plugin_hash() { hash_of "toolchain/$1"; }

download_plugin() {
  online || return 1
  say "plugin $1 $2: downloading, about 20 s"
  logged "plugin-$1" 180 pulumi plugin install resource "$1" "$2"
}

# build_plugin NAME VERSION SOURCE FOLDER: one build makes all plugins of a source folder.
build_plugin() {
  local work program="pulumi-resource-$1"
  if [ ! -d "$4" ]; then
    case $3 in
      command)
        say "plugin command: building from Go modules, about 1 minute"
        build_go plugin-command command "$4" .
        ;;
      *)
        say "plugins docker and random: building from Go modules, 3 to 6 minutes"
        build_go plugins plugins "$4" ./cmd/...
        ;;
    esac
  fi
  # The folder that the CLI installs from must hold this one program only, under the name it looks for.
  work=$(work_folder)
  if [ -e "$4/$program" ]; then ln "$4/$program" "$work/$program"; else ln "$4/$1" "$work/$program"; fi
  logged "plugin-$1" 60 pulumi plugin install resource "$1" "$2" --file "$work" --reinstall ||
    fail_logged "plugin-$1" "the plugin $1 could not be installed into $PULUMI_HOME"
}
