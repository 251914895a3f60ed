import { outputOf } from "./shell.ts";

/** What the server is asked to run. Any byte of its output stays as it is: neither delimiter nor quote occurs in it. */
const script = `CREATE TEMP TABLE output (line text);
COPY output FROM PROGRAM :'command' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02');
SELECT line FROM output;
`;

/**
 * What a shell command prints, errors included, that the server itself runs as its child: as an attacker would who has become superuser. Its
 * exit code is the last line.
 */
export function runByServer(container: string, command: string): Promise<string> {
  const whole = `exec 2>&1; (${command}\n); echo "exit code $?"`;
  return outputOf(
    "docker",
    ["exec", "--interactive", container, "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-v", `command=${whole}`, "-f", "-"],
    script,
  );
}
