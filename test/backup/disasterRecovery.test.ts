// The machine is lost; what is left are the store, the git clone and the passphrase. The commands are those of docs/disaster-recovery.md.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectionStrings } from "../../components/connectionStrings.ts";
import { nodeClient, stringsOf } from "../e2e/support/clients.ts";
import { removeByStack } from "../e2e/support/engine.ts";
import { pgtOutput } from "../e2e/support/pgt.ts";
import { type Finished, outputOf } from "../e2e/support/shell.ts";
import { freePort, makeTestStack, type TestStack } from "../e2e/support/testStack.ts";
import { addRows, allCopied, archive, backUpFull, rowsOf } from "./support/copies.ts";
import { commandsOf } from "./support/document.ts";
import { runLong } from "./support/runLong.ts";
import { type Login, makeS3, type S3 } from "./support/s3.ts";
import { type StoreAddress, storeAddress } from "./support/storeAddress.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const document = new URL("../../docs/disaster-recovery.md", import.meta.url);
const login: Login = { accessKeyId: "AKIADISASTER", secretAccessKey: "disaster/secret+key" };
const ids = ["acme", "globex"];
const folder = mkdtempSync(join(tmpdir(), "pgtenants-dr-"));
let at: TestStack;
let address: StoreAddress;
let s3: S3;
let old: Record<string, ConnectionStrings>;

beforeAll(async () => {
  address = await storeAddress();
  at = await makeTestStack(ids, {}, "dr");
  s3 = await makeS3(address.address, await freePort(), folder);
  await s3.start(login);
  const place = { type: "s3", bucket: s3.bucket, endpoint: s3.endpoint, intervalSeconds: 10 };
  await at.stack.setConfig("pgtenants:offsite", { value: JSON.stringify(place) });
  await at.stack.setConfig("pgtenants:offsiteCredentials", { value: JSON.stringify(login), secret: true });
  await pgtOutput(at, "start");
  for (const id of ids) {
    await addRows(at, id, 1, 30);
    await backUpFull(at, id);
    await addRows(at, id, 31, 40);
    await archive(at, id);
  }
  old = await at.connectionStrings();
  await allCopied(at);
  commit();
}, 1_800_000);
afterAll(async () => {
  await s3?.stop();
  // Without a state there is nothing to destroy by.
  if (at !== undefined) {
    await removeByStack(at.name);
    rmSync(at.folder, { recursive: true, force: true });
  }
  await address?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** The operator's repository: this checkout as it is now, with the stack's settings and list. */
function commit(): void {
  const [clone, settings] = [join(folder, "repository"), `Pulumi.${at.name}.yaml`];
  const author = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  const git = (...args: readonly string[]) => execFileSync("git", ["-C", clone, ...author, ...args]);
  const list = ["-C", checkout, "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", list, { encoding: "utf8" });
  for (const file of files.split("\0").filter((name) => name !== "")) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(checkout, file), join(clone, file), { verbatimSymlinks: true });
  }
  const text = readFileSync(join(at.folder, "project", settings), "utf8");
  writeFileSync(join(clone, settings), text.replace(/(pgtenants:tenantsFile): .*/, "$1: tenants/tenants.yaml"));
  cpSync(join(at.folder, "tenants.yaml"), join(clone, "tenants/tenants.yaml"));
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "The lost machine's");
}

/** Everything of the stack on the engine, and the backend with the state. */
async function loseMachine(backend: string): Promise<void> {
  await removeByStack(at.name);
  rmSync(backend, { recursive: true });
}

/** Runs commands of the document on a machine that has a state folder of its own. */
async function recover(machine: string, ...headings: readonly string[]): Promise<Finished> {
  const home = join(folder, machine);
  mkdirSync(home);
  const [passphrase, credentials] = [join(home, "passphrase.txt"), join(home, "credentials.json")];
  writeFileSync(passphrase, `${at.environment["PULUMI_CONFIG_PASSPHRASE"]}\n`, { mode: 0o600 });
  writeFileSync(credentials, JSON.stringify(login), { mode: 0o600 });
  const environment = {
    REPOSITORY: join(folder, "repository"),
    PGTENANTS_STACK: at.name,
    PASSPHRASE: passphrase,
    CREDENTIALS: credentials,
    PGTENANTS_STATE: join(home, "state"),
  };
  // What this test's own shell has of the development stack is not there on an empty machine.
  const inherited = ["PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
  const script = `set -eu\nunset ${inherited.join(" ")}\n${commandsOf(document, "The machine", ...headings)}`;
  return runLong("bash", ["-c", script], home, environment);
}

async function expectRows(uri: string, rows: string): Promise<void> {
  const client = await nodeClient(uri);
  const sql = "SELECT min(id) || '-' || max(id) || ' of ' || count(*) AS rows FROM ledger";
  expect((await client.query(sql).finally(() => client.end())).rows).toEqual([{ rows }]);
}

test("with Pulumi's state: every tenant is back with all rows and its old password, and goes on being backed up and copied", async () => {
  await loseMachine(join(at.folder, "backend"));
  const done = await recover("first", "With Pulumi's state");
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
  for (const id of ids) {
    expect(await rowsOf(at.container(id), id)).toBe("1-40 of 40");
    await expectRows(stringsOf(old, id).nodePostgres, "1-40 of 40");
    await addRows(at, id, 41, 50);
    await archive(at, id);
    await backUpFull(at, id);
    await addRows(at, id, 51, 60);
    await archive(at, id);
  }
  await allCopied(at);
}, 1_200_000);

test("without it: every tenant is back with all rows, what was written since the first recovery included, and a new password", async () => {
  await loseMachine(join(folder, "first/state"));
  const done = await recover("second", "Without Pulumi's state");
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
  for (const id of ids) {
    const uri = await pgtThere("second", "url", id, "--format", "nodePostgres");
    await expectRows(uri.trim(), "1-60 of 60");
    await expect(nodeClient(stringsOf(old, id).nodePostgres)).rejects.toThrow("password authentication failed");
    await addRows(at, id, 61, 70);
    await archive(at, id);
    await backUpFull(at, id);
  }
  await allCopied(at);
}, 1_200_000);

function pgtThere(machine: string, ...args: readonly string[]): Promise<string> {
  const home = join(folder, machine);
  const environment = { PGTENANTS_STATE: join(home, "state"), PGTENANTS_STACK: at.name, PULUMI_BACKEND_URL: "" };
  return outputOf(join(home, "pgtenants/pgt"), args, "", environment);
}
