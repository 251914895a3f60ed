import { afterAll, describe, expect, test } from "vitest";
import { selfSigned } from "../support/certificates.ts";
import { identity } from "./support/engine.ts";
import {
  answers,
  applySql,
  asSuperuser,
  exec,
  makeImageBench,
  overTcp,
  script,
  shell,
  until,
} from "./support/imageContainer.ts";
import { outputOf, run } from "./support/shell.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const cluster = "/var/lib/postgresql/18/docker";
const password = "nobodys";
const logOf = async (container: string) => (await run("docker", ["logs", container])).stderr;
const bootstrapSuperuser = "SELECT rolname, rolsuper, rolpassword IS NULL FROM pg_authid WHERE oid = 10";

/** A shell script that makes a cluster as another image would, and one that runs it. */
const initialise = (superuser: string, options: string) => `
  mkdir -p ${cluster} && echo ${password} >/tmp/password
  initdb --pgdata=${cluster} --username=${superuser} --pwfile=/tmp/password ${options} --auth=trust >/dev/null`;
const serve = `exec postgres -D ${cluster} -c unix_socket_directories=/run/postgresql`;

/** Makes a cluster elsewhere, with rows in it, and ends its server: in time, or at once. */
async function madeElsewhere(superuser: string, options: string, signal = "INT", sql = ""): Promise<string> {
  const volume = await bench.volume();
  await bench.prepare(volume, initialise(superuser, options));
  const container = await bench.runScript(volume, serve);
  await answers(container);
  const psql = ["psql", "--username", superuser, "--dbname=postgres", "--set=ON_ERROR_STOP=1", "--file=-"];
  const rows = "CREATE TABLE kept AS SELECT i FROM generate_series(1, 1000) AS i; CREATE INDEX ON kept (i);";
  expect(await exec(container, psql, `${rows}${sql}`)).toMatchObject({ code: 0 });
  await outputOf("docker", ["kill", "--signal", signal, container]);
  await outputOf("docker", ["wait", container]);
  return volume;
}

describe("a new cluster", () => {
  test("has a superuser that comes in by the container's socket alone", async () => {
    const container = await bench.start(await bench.volume());
    expect(await asSuperuser(container, `SELECT current_user; ${bootstrapSuperuser}`)).toBe("pgtenants\npgtenants|t|t");
    await asSuperuser(container, `CREATE ROLE postgres LOGIN SUPERUSER PASSWORD '${password}'`);
    const local = await exec(container, ["psql", "--username=postgres", "--command=SELECT 1"]);
    expect(local.stderr).toContain("pg_hba.conf rejects connection for host");
    const remote = await overTcp(container, "user=pgtenants", "SELECT 1");
    expect(remote.stderr).toContain('pg_hba.conf rejects connection for host "127.0.0.1", user "pgtenants"');
    expect(await overTcp(container, `user=postgres password=${password}`, "SELECT 1")).toMatchObject({ code: 0 });
  });
});

describe("of new clusters, which are copies of the image's", () => {
  const control = async (container: string) => {
    const shown = await outputOf("docker", ["exec", container, "pg_controldata"]);
    return new Map(shown.split("\n").map((line) => line.split(/:\s+/, 2) as [string, string]));
  };

  test("each has an identity of its own, and is the same in all else", async () => {
    const one = await control(await bench.start(await bench.volume()));
    const other = await control(await bench.start(await bench.volume()));
    const differing = [...one].filter(([name, value]) => other.get(name) !== value).map(([name]) => name);
    const identity = ["Database system identifier", "Mock authentication nonce"];
    expect(differing).toEqual(expect.arrayContaining(identity));
    const times = ["pg_control last modified", "Time of latest checkpoint"];
    expect(differing.filter((name) => ![...identity, ...times].includes(name))).toEqual([]);
    expect(one.get("Mock authentication nonce")).toMatch(/^(?!0+$)[0-9a-f]{64}$/);
    expect(one.get("Data page checksum version")).toBe("1");
  });

  test("one is sound, also where a copy was cut off before", async () => {
    const volume = await bench.volume();
    await bench.prepare(volume, `mkdir -p ${cluster}.partial/global && echo cut >${cluster}.partial/global/pg_control`);
    const container = await bench.start(volume);
    await asSuperuser(container, "CREATE EXTENSION amcheck");
    const check = ["pg_amcheck", "--database=postgres", "--heapallindexed", "--parent-check", "--checkunique"];
    expect(await exec(container, check)).toMatchObject({ code: 0, stdout: "" });
    await outputOf("docker", ["stop", container]);
    await bench.prepare(volume, `test ! -e ${cluster}.partial && pg_checksums --check ${cluster} >/dev/null`);
  });

  test("none is made from a control file that is not known, and that one stays as it was", async () => {
    const volume = await bench.volume();
    const script = `
      cd /var/lib/postgresql && cp -a /usr/local/share/pgtenants/cluster other && printf x |
        dd of=other/global/pg_control bs=1 seek=100 conv=notrunc status=none
      sum=$(sha256sum other/global/pg_control)
      if /usr/local/lib/pgtenants/own-identity.pl other 2>other.log; then exit 1; fi
      grep -q 'is of a form that is not known' other.log && test "$sum" = "$(sha256sum other/global/pg_control)"`;
    await bench.prepare(volume, script);
  });
});

describe("a cluster that was made elsewhere", () => {
  test.each([
    ["by the official image", "postgres", "--locale=en_US.utf8 --encoding=UTF8", "INT"],
    ["by the version before, and killed", "postgres", "--locale=C.UTF-8 --locale-provider=builtin", "KILL"],
    ["with another superuser and an MD5 password", "app", "--locale=en_US.utf8 -c password_encryption=md5", "INT"],
  ])("%s, is taken over with its rows", async (_, superuser, options, signal) => {
    const volume = await madeElsewhere(superuser, options, signal);
    const container = await bench.start(volume);
    expect(await asSuperuser(container, "SELECT current_user, count(*), sum(i) FROM kept")).toBe(
      "pgtenants|1000|500500",
    );
    expect(await asSuperuser(container, bootstrapSuperuser)).toBe("pgtenants|t|t");
    expect(await asSuperuser(container, `SELECT count(*) FROM pg_roles WHERE rolname = '${superuser}'`)).toBe("0");
    for (const user of [superuser, "pgtenants"])
      expect(await overTcp(container, `user=${user} password=${password}`, "SELECT 1")).toMatchObject({ code: 2 });
    expect(await logOf(container)).toContain("was made elsewhere");

    await outputOf("docker", ["stop", container]);
    const second = await bench.start(volume);
    expect(await asSuperuser(second, "SELECT sum(i) FROM kept")).toBe("500500");
    expect(await logOf(second)).not.toContain("was made elsewhere");
  });

  test("is taken over again where that was cut off before its end", async () => {
    const volume = await madeElsewhere("postgres", "");
    const first = await bench.start(volume);
    await outputOf("docker", ["rm", "--force", first]);
    await bench.prepare(volume, `rm ${cluster}/pgtenants.superuser`);
    const second = await bench.start(volume);
    expect(await logOf(second)).toContain("was made elsewhere");
    expect(await asSuperuser(second, `${bootstrapSuperuser}; SELECT sum(i) FROM kept`)).toBe("pgtenants|t|t\n500500");
  });

  test("is refused as it is where its role pgtenants is another one", async () => {
    const volume = await madeElsewhere("postgres", "", "INT", "CREATE ROLE pgtenants LOGIN");
    const { code, stderr } = await bench.tryStart(volume);
    expect(code).toBe(78);
    expect(stderr).toContain("If it has a role pgtenants already, rename that one");
    const container = await bench.runScript(volume, serve);
    await answers(container);
    const names = "SELECT string_agg(rolname, ' ' ORDER BY oid) FROM pg_authid WHERE oid = 10 OR oid > 16383";
    const psql = ["psql", "--username=postgres", "--tuples-only", "--no-align", "--command", names];
    expect((await exec(container, psql)).stdout.trim()).toBe("postgres pgtenants");
  });
});

describe("the server does not start, and touches nothing,", () => {
  const before = "cd /var/lib/postgresql && find . | sort";

  test.each([
    ["half a cluster", `mkdir -p ${cluster}/base && chown -R 999:999 18`, "holds no PG_VERSION"],
    ["another major version", "mkdir -p 17/docker && echo 17 >17/docker/PG_VERSION", "a cluster of version 17 in"],
    ["version 17's older place", "echo 17 >PG_VERSION", "a cluster of version 17 in /var/lib/postgresql;"],
    ["another user", `mkdir -p ${cluster} && chmod 700 ${cluster} && chown 70:70 ${cluster}`, "belongs to uid 70"],
  ])("on a volume with %s", async (_, make, message) => {
    const volume = await bench.volume();
    await bench.prepare(volume, `cd /var/lib/postgresql && ${make}`, "0");
    const files = await bench.prepare(volume, before, "0");
    const { code, stderr } = await bench.tryStart(volume);
    expect(code).toBe(78);
    expect(stderr).toContain(message);
    expect(await bench.prepare(volume, before, "0")).toBe(files);
  });

  test("beside another container on the volume, which lives on", async () => {
    const volume = await bench.volume();
    const first = await bench.start(volume);
    const before = await identity(first);
    const { code, stderr } = await bench.tryStart(volume);
    expect(code).toBe(78);
    expect(stderr).toContain("another container runs on this volume");
    expect(await asSuperuser(first, "SELECT 1")).toBe("1");
    expect(await identity(first)).toBe(before);
  });
});

test("a killed server comes back where another process has the pid that it had", async () => {
  const volume = await bench.volume();
  await outputOf("docker", ["kill", await bench.start(volume)]);
  const takePid = `sleep 60 & sed -i "1s/.*/$!/" ${cluster}/postmaster.pid`;
  const container = await bench.runScript(
    volume,
    `${takePid}; exec /usr/local/lib/pgtenants/entrypoint.sh postgres -c unix_socket_directories=/run/postgresql`,
  );
  await answers(container);
});

describe("apply.sh", () => {
  test("waits for the server, sets the quota, and runs SQL also on a read-only server", async () => {
    const container = await bench.start(await bench.volume(), { default_transaction_read_only: "on" });
    const sql = "CREATE TABLE public.made (); SELECT current_user, count(*) FROM public.made;";
    expect(await applySql(container, { readySeconds: 30, diskMiB: 4096 }, sql)).toMatchObject({
      code: 0,
      stdout: "pgtenants|0\n",
    });
    expect(await shell(container, "cat /var/lib/postgresql/disk-limit")).toBe("4096");
    const failed = await applySql(container, { readySeconds: 30, diskMiB: 4096 }, "SELECT 1/0; CREATE TABLE after ();");
    expect(failed).toMatchObject({ code: 3, stderr: expect.stringContaining("division by zero") });
    expect(await asSuperuser(container, "SELECT to_regclass('after') IS NULL")).toBe("t");
  });

  test("fails with a reason on a wrong quota, and where no server answers", async () => {
    const container = await bench.runScript(await bench.volume(), "exec sleep 60");
    const wrong = await script(container, "apply.sh", ["30", "4 GB"]);
    expect(wrong).toMatchObject({ code: 64, stderr: expect.stringContaining('"4 GB", expected a number of MiB') });
    const silent = await script(container, "apply.sh", ["1", "4096"]);
    expect(silent).toMatchObject({ code: 75, stderr: expect.stringContaining("within 1 s") });
  });
});

describe("write-certificate.sh", () => {
  const apply = (container: string, sql: string) => applySql(container, { readySeconds: 30, diskMiB: 1024 }, sql);
  const files = (container: string) => shell(container, "cd /var/lib/postgresql/tls && stat --format='%n %a' *");

  test("and apply.sh leave the one that the server is to use, readable for nobody else", async () => {
    const container = await bench.start(await bench.volume());
    const file = (name: string) => `/var/lib/postgresql/tls/${name}.pem`;
    for (const [name, beside] of [
      ["aa11", "aa11.pem 600"],
      ["bb22", "aa11.pem 600\nbb22.pem 600"],
    ] as const) {
      const { chain, key } = await selfSigned(["acme.test"]);
      const written = await script(container, "write-certificate.sh", [name], `${chain}\n${key}\n`);
      expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(await files(container)).toBe(beside);
      const settings = `ALTER SYSTEM SET ssl_cert_file = '${file(name)}'; ALTER SYSTEM SET ssl_key_file = '${file(name)}';`;
      const applied = await apply(
        container,
        `${settings}\nALTER SYSTEM SET ssl = on;\nSELECT pg_reload_conf() \\g /dev/null\n`,
      );
      expect(applied).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(await files(container)).toBe(`${name}.pem 600`);
      await until(
        async () => (await asSuperuser(container, "SHOW ssl_cert_file")) === file(name),
        "the server has taken it",
      );
    }
    const encrypted = await overTcp(container, "user=nobody password=x sslmode=require", "");
    expect(encrypted.stderr).toContain('password authentication failed for user "nobody"');

    await apply(container, "ALTER SYSTEM RESET ssl;\nSELECT pg_reload_conf() \\g /dev/null\n");
    expect(await shell(container, "ls /var/lib/postgresql/tls")).toBe("");
  });

  test.each([
    ["half a file", ["aa11"], "-----BEGIN CERTIFICATE-----\nMIIB", 65, "no whole certificate"],
    ["another folder", ["../18/docker/x"], "", 64, "expected letters and digits"],
  ])("refuses %s and leaves nothing", async (_, args, pem, code, message) => {
    const container = await bench.runScript(await bench.volume(), "exec sleep 60");
    const refused = await script(container, "write-certificate.sh", args, pem);
    expect(refused).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(await shell(container, "find /var/lib/postgresql -name '*.pem*'")).toBe("");
  });
});
