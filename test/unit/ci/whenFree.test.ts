import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../e2e/support/shell.ts";

const script = join(import.meta.dirname, "../../../ci/whenFree.sh");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pgtenants-free-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command that says and ends as the lines say, one for each of its runs: `<code> <what it says>`. */
function runs(name: string, ...ends: readonly string[]) {
  const left = join(folder, name);
  writeFileSync(left, `${ends.join("\n")}\n`);
  const command = 'read -r code said <"$0"; sed -i 1d "$0"; echo "$said" >&2; echo done; exit "$code"';
  const finished = run("bash", [script, "sh", "-c", command, left], "", { PGTENANTS_WAIT: "0" });
  return finished.then((end) => ({ ...end, left: readFileSync(left, "utf8") }));
}

const held = "1 error: the stack is being deployed by somebody on a machine, since today";
/** What pgt says of a lock that it finds before it deploys, and Pulumi of one in another backend. */
const others = [
  "1 error: stack prod is being deployed by process 7 on a machine",
  "1 error: pulumi: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end",
];

test("waits while another job deploys, and says so", async () => {
  const { code, stderr, left } = await runs("held", held, held, ...others, "0 fine", "0 never asked for");
  expect({ code, left }).toEqual({ code: 0, left: "0 never asked for\n" });
  expect(stderr.match(/is being deployed|currently locked/g)).toHaveLength(4);
  expect(stderr).toContain("fine");
});

test.each(["1 error: no tenant acme", "2 error: the stack is being deployed by somebody", "0 fine"])(
  "ends at once with what is no such thing: %s",
  async (end) => {
    expect(await runs("other", end, "0 never")).toMatchObject({ code: Number(end[0]), left: "0 never\n" });
  },
);

test("does not wait for ever", async () => {
  const { code, left } = await runs("for-ever", ...Array.from({ length: 45 }, () => held));
  expect(code).toBe(1);
  expect(left.trim().split("\n")).toHaveLength(5);
});
