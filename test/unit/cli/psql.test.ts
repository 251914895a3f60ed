import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, type Psql } from "../../../cli/psql.ts";

/** Stands for psql: a shell script that gets psql's arguments as $1 and on. */
function shell(script: string): Psql {
  return ["sh", "-c", script, "psql"];
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("ask", () => {
  test("a server's time is an answer", async () => {
    expect(await ask(shell("echo '2026-01-02 03:04:05.678+00'"), "/s", "acme")).toMatchObject({ kind: "answered" });
  });

  test("psql is asked for the tenant's service, without a prompt and without the user's own settings", async () => {
    vi.stubEnv("PGHOST", "other.example.com");
    const answer = await ask(shell('printf "%s " "$PGSERVICEFILE" "[$PGHOST]" "$@"'), "/s/pg_service.conf", "acme");
    expect(answer).toEqual({
      kind: "failed",
      reason: expect.stringMatching(/^got "\/s\/pg_service\.conf \[\] .*--no-password .*service=acme", expected/),
    });
  });

  test("what psql says is the reason, in one line", async () => {
    const answer = await ask(shell("printf 'psql: error:\\n  SSL error\\n' >&2; exit 2"), "/s", "acme");
    expect(answer).toEqual({ kind: "failed", reason: "psql: error: SSL error" });
  });

  test("a psql that cannot be started is a failed answer too", async () => {
    expect(await ask(["/nonexistent/psql"], "/s", "acme")).toMatchObject({ kind: "failed", reason: /ENOENT/ });
  });

  test("no answer in 5 s is given up", { timeout: 10_000 }, async () => {
    expect(await ask(shell("exec sleep 30"), "/s", "acme")).toEqual({ kind: "failed", reason: "no answer within 5 s" });
  });
});
