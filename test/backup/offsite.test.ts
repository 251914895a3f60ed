// Copies of the backups in a store elsewhere: a real S3 server, an SFTP server, a folder; and what must not make them worthless.
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Copies } from "../../cli/pgt/offsite.ts";
import { offsiteImageTag } from "../../components/images.ts";
import { identity } from "../e2e/support/engine.ts";
import { makeImageBench, shell } from "../e2e/support/imageContainer.ts";
import { pgt, pgtOutput } from "../e2e/support/pgt.ts";
import { countChanges } from "../e2e/support/previews.ts";
import { outputOf } from "../e2e/support/shell.ts";
import { freePort, makeTestStack, type TestStack } from "../e2e/support/testStack.ts";
import { addRows, allCopied, archive, backUpFull, copiesOf, copiesSay, rowsOf } from "./support/copies.ts";
import { restoredRows } from "./support/fetched.ts";
import { filesIn, type Login, listens, makeS3, type S3 } from "./support/s3.ts";
import { makeSshKeys } from "./support/sshKeys.ts";
import { type StoreAddress, storeAddress } from "./support/storeAddress.ts";

const login: Login = { accessKeyId: "AKIAFIRST", secretAccessKey: "first/secret+key" };
const renewed: Login = { accessKeyId: "AKIAFIRST", secretAccessKey: "second/secret+key" };
const folder = mkdtempSync(join(tmpdir(), "pgtenants-offsite-"));
const bench = makeImageBench();
let at: TestStack;
let address: StoreAddress;
let s3: S3;
let root: string;

const set = (place: object) => at.stack.setConfig("pgtenants:offsite", { value: JSON.stringify(place) });
const setLogin = (credentials: object) =>
  at.stack.setConfig("pgtenants:offsiteCredentials", { value: JSON.stringify(credentials), secret: true });
const repositoryOf = (id: string) => shell(at.container(id), "cd /var/lib/pgbackrest && ls | grep -v lost+found");

beforeAll(async () => {
  address = await storeAddress();
  at = await makeTestStack(["acme", "globex"], {}, "off");
  s3 = await makeS3(address.address, await freePort(), folder);
  root = join(s3.folder, `pgtenants-${at.name}`);
  await s3.start(login);
  await set({ type: "s3", bucket: s3.bucket, endpoint: s3.endpoint, intervalSeconds: 10 });
  await setLogin(login);
  await at.stack.up();
  for (const id of ["acme", "globex"]) {
    await addRows(at, id, 1, 50);
    await backUpFull(at, id);
    await addRows(at, id, 51, 70);
    await archive(at, id);
  }
}, 1_800_000);
afterAll(async () => {
  await s3?.stop();
  await at?.remove();
  await bench.remove();
  await address?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test("what is archived is in the store within a round or two, and comes back from there alone, with the sealed key", async () => {
  await allCopied(at);
  for (const id of ["acme", "globex"]) expect(await restoredRows(bench, at, root, id)).toBe("1-70 of 70");
  expect(await pgt(at, ["offsite"])).toMatchObject({ code: 0, stdout: expect.stringContaining("2 healthy, 0 late") });
  expect(await countChanges(at, { refresh: true })).toEqual({});
});

test("nothing in the store has a key in clear", async () => {
  await allCopied(at);
  const [key = ""] = [
    await shell(at.container("acme"), "sed -n 's/^repo1-cipher-pass=//p' /var/lib/postgresql/backup/pgbackrest.conf"),
  ];
  expect(key).toMatch(/^[A-Za-z0-9]{48}$/);
  const found = await outputOf("sh", ["-c", 'grep -rlaF -e "$0" "$1" || true', key, folder]);
  expect(found).toBe("");
});

test("the state is saved with a deployment, once, and by hand", async () => {
  await pgtOutput(at, "start");
  await allCopied(at);
  const saved = () => filesIn(join(root, "state"));
  const before = await saved();
  expect(before).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(root, "state", before[0] ?? ""), "utf8"))).toHaveProperty("deployment");
  await pgtOutput(at, "offsite", "--save-state");
  await allCopied(at);
  expect(await saved()).toEqual(before);
});

test("a tenant that plants links, rewrites and deletes its own repository neither reads a neighbour's nor harms the copy", async () => {
  await allCopied(at);
  const before = await filesIn(join(root, "tenants/acme"));
  const segment = before.find((path) => /archive\/tenant\/18-1\/0{7}1.*-/.test(path)) ?? "";
  const kept = readFileSync(join(root, "tenants/acme", segment));
  const [repository, neighbours] = [await repositoryOf("acme"), await repositoryOf("globex")];
  const theirs = `/repositories/globex/${neighbours}`;
  await shell(
    at.container("acme"),
    `cd /var/lib/pgbackrest
    ln -s ${theirs}/archive/tenant/archive.info ${repository}/archive/tenant/18-1/planted
    ln -s ${theirs}/archive/tenant/18-1 ${repository}/archive/tenant/18-2
    ln -s /var/lib/offsite/rclone.conf ${repository}/archive/tenant/18-1/credentials
    ln -s ${theirs} planted
    echo rewritten >${segment}
    find ${repository}/backup -type f -delete
    find ${repository}/archive -type f ! -name '*.info*' ! -path './${segment}' -newer ${repository}/archive/tenant/archive.info -delete`,
  );
  await allCopied(at);
  await sleep(11_000);
  await allCopied(at);
  const after = await filesIn(join(root, "tenants/acme"));
  expect(after.filter((path) => /planted|credentials|18-2/.test(path))).toEqual([]);
  expect(before.filter((path) => !after.includes(path))).toEqual([]);
  expect(readFileSync(join(root, "tenants/acme", segment)).equals(kept)).toBe(true);
  expect(await restoredRows(bench, at, root, "acme")).toBe("1-70 of 70");
});

test("a store that is away for two minutes is seen within three, and nothing is missing afterwards", async () => {
  await s3.stop();
  const away = Date.now();
  const { after } = await copiesSay(at, ({ reasons }) => reasons.some((reason) => /takes nothing/.test(reason)), 180);
  console.log(`the store's absence was told after ${after.toFixed(0)} s`);
  for (let row = 71; Date.now() - away < 125_000; row += 10) {
    await addRows(at, "globex", row, row + 9);
    await archive(at, "globex");
    await sleep(10_000);
  }
  await s3.start(login);
  await allCopied(at);
  const rows = await rowsOf(at.container("globex"), "globex");
  expect(Number(rows.split(" of ")[1])).toBeGreaterThan(130);
  expect(await restoredRows(bench, at, root, "globex")).toBe(rows);
}, 400_000);

test("credentials that expired are seen within three minutes, new ones are taken without a restart, and nothing is missing", async () => {
  await s3.start(renewed);
  await addRows(at, "globex", 1001, 1010);
  await archive(at, "globex");
  const refused = await copiesSay(
    at,
    ({ reasons }) => reasons.some((reason) => /SignatureDoesNotMatch/.test(reason)),
    180,
  );
  const late = await copiesSay(at, ({ level }) => level === "late", 240);
  console.log(
    `told after ${refused.after.toFixed(0)} s, exit code 1 after ${(refused.after + late.after).toFixed(0)} s`,
  );
  expect((await copiesOf(at)).code).toBe(1);
  expect(await pgt(at, ["status"])).toMatchObject({ code: 1, stdout: expect.stringContaining("off-site copies: ") });

  const running = await identity(`pgtenants-${at.name}_offsite`);
  await setLogin(renewed);
  await at.stack.up();
  expect(await identity(`pgtenants-${at.name}_offsite`)).toBe(running);
  await allCopied(at);
  const rows = await rowsOf(at.container("globex"), "globex");
  expect(await restoredRows(bench, at, root, "globex")).toBe(rows);
}, 600_000);

test("a store that is full says so, and takes everything when there is room", async () => {
  const path = join(folder, "nas");
  mkdirSync(path);
  // Less than a backup takes.
  await outputOf("mount", ["-t", "tmpfs", "-o", "size=3m,uid=999,gid=999,mode=0700", "tmpfs", path]);
  try {
    await at.stack.workspace.removeConfig(at.name, "pgtenants:offsiteCredentials");
    await set({ type: "path", path, intervalSeconds: 10 });
    await at.stack.up();
    const isFull = ({ tenants }: Copies) =>
      tenants.some(({ reasons }) => reasons.some((reason) => /space/.test(reason)));
    const { copies, after } = await copiesSay(at, isFull, 180);
    console.log(`told after ${after.toFixed(0)} s: ${copies.tenants.flatMap(({ reasons }) => reasons)[0]}`);

    await outputOf("mount", ["-o", "remount,size=64m", path]);
    await allCopied(at);
    const there = join(path, `pgtenants-${at.name}`);
    // The other tenant has destroyed its own backups by then.
    expect(await restoredRows(bench, at, there, "globex")).toBe(await rowsOf(at.container("globex"), "globex"));
    expect(await filesIn(join(there, "part"))).toEqual([]);
  } finally {
    await outputOf("umount", ["--lazy", path]);
  }
}, 400_000);

test("an SFTP server gets everything, where it is the one that is known by its key", async () => {
  const [host, client, stranger] = [makeSshKeys(), makeSshKeys(), makeSshKeys()];
  const port = await freePort();
  const server = await startSftp(port, host.privateKey, client.publicKey);
  try {
    const sftp = { type: "sftp", host: address.address, port, user: "backup", path: "copies", intervalSeconds: 10 };
    const known = (key: string) => `[${address.address}]:${port} ${key}`;
    await setLogin({ privateKey: client.privateKey });
    await set({ ...sftp, knownHosts: known(stranger.publicKey) });
    await at.stack.up();
    await copiesSay(at, ({ reasons }) => reasons.some((reason) => /knownhosts: key mismatch/.test(reason)), 60);
    await set({ ...sftp, knownHosts: known(host.publicKey) });
    await at.stack.up();
    await allCopied(at);
    const copied = join(folder, "sftp/copies", `pgtenants-${at.name}`);
    expect(await restoredRows(bench, at, copied, "globex")).toBe(await rowsOf(at.container("globex"), "globex"));
  } finally {
    await outputOf("docker", ["rm", "--force", server]);
  }
}, 400_000);

/** rclone's own server, in the host's network at the store's address. */
async function startSftp(port: number, hostKey: string, authorized: string): Promise<string> {
  mkdirSync(join(folder, "sftp/copies"), { recursive: true });
  mkdirSync(join(folder, "ssh"));
  writeFileSync(join(folder, "ssh/host"), hostKey, { mode: 0o600 });
  writeFileSync(join(folder, "ssh/authorized"), `${authorized}\n`);
  for (const name of ["sftp", "sftp/copies", "ssh/host", "ssh/authorized", "ssh"])
    chownSync(join(folder, name), 999, 999);
  const name = `pgtenants-${at.name}-sftp`;
  const serve = ["serve", "sftp", "/data", "--addr", `${address.address}:${port}`, "--user", "backup"];
  await outputOf("docker", [
    ...["run", "--detach", "--name", name, "--network", "host", "--label", `dev.pgtenants.stack=${at.name}`],
    ...["--volume", `${folder}/sftp:/data`, "--volume", `${folder}/ssh:/ssh:ro`, "--entrypoint", "rclone"],
    ...[offsiteImageTag(), ...serve, "--key", "/ssh/host", "--authorized-keys", "/ssh/authorized"],
  ]);
  await listens(address.address, port);
  return name;
}
