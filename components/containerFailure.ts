/**
 * The end of a shell command that failed because of the container `$CONTAINER`: says what state it is in and how its log ends, and fails.
 * Without it the operator would see an exit code and nothing else, where the server ran out of memory or its port was taken. What clients sent
 * is left out: a build server's log is no place for it.
 */
export const sayWhy =
  "{ docker inspect --format " +
  "'container {{.Name}}: {{.State.Status}}, exit code {{.State.ExitCode}}, out of memory: {{.State.OOMKilled}}, restarts: {{.RestartCount}}' " +
  '"$CONTAINER" >&2; docker logs --tail 40 "$CONTAINER" 2>&1 | ' +
  "grep -vE ' (ERROR|DETAIL|CONTEXT|QUERY|STATEMENT): |^[[:space:]]' | tail -n 8 >&2; exit 1; }";
