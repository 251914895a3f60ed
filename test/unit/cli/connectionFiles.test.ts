import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderPassFile, renderServiceFile } from "../../../cli/connectionFiles.ts";
import { renderConnectionStrings } from "../../../components/connectionStrings.ts";

const paths = { serviceFile: "/s/pg_service.conf", passFile: "/s/pgpass", caFile: "/s/ca.crt" };

function formsOf(id: string, caFile?: string) {
  const target = { id, host: `${id}.db.example.com`, port: 5432, database: id, user: id, password: "not-a-secret" };
  return renderConnectionStrings({ ...target, caFile });
}

/** A service file as libpq reads it: the first `=` of a line parts name and value. */
function parseServices(text: string): Record<string, Record<string, string>> {
  const services: Record<string, Record<string, string>> = {};
  let current: Record<string, string> = {};
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      current = {};
      services[header] = current;
      continue;
    }
    const at = line.indexOf("=");
    const name = line.slice(0, at);
    expect(current).not.toHaveProperty(name);
    current[name] = line.slice(at + 1);
  }
  return services;
}

describe("renderServiceFile", () => {
  test("each tenant finds the password file and the private CA's certificate beside it", () => {
    const text = renderServiceFile(
      [formsOf("acme", "/elsewhere/ca.crt"), formsOf("globex", "/elsewhere/ca.crt")],
      paths,
      true,
    );
    const services = parseServices(text);
    expect(Object.keys(services)).toEqual(["acme", "globex"]);
    expect(services["globex"]).toEqual({
      host: "globex.db.example.com",
      port: "5432",
      dbname: "globex",
      user: "globex",
      sslmode: "verify-full",
      passfile: "/s/pgpass",
      sslrootcert: "/s/ca.crt",
    });
  });

  test("with a public CA the system's list stays", () => {
    expect(parseServices(renderServiceFile([formsOf("acme")], paths, false))["acme"]?.["sslrootcert"]).toBe("system");
  });

  test("no password is in it", () => {
    expect(renderServiceFile([formsOf("acme")], paths, true)).not.toContain("not-a-secret");
  });

  test("any path of one line without blanks at its ends comes back as it was", () => {
    const path = fc.string({ unit: "grapheme" }).map((name) => `/${name}/x`);
    fc.assert(
      fc.property(
        path.filter((each) => !/[\r\n\0]/.test(each)),
        (passFile) => {
          const text = renderServiceFile([formsOf("acme")], { ...paths, passFile }, false);
          expect(parseServices(text)["acme"]?.["passfile"]).toBe(passFile);
        },
      ),
    );
  });

  test.each(["/s/with\nhost=evil", "/s/blank "])(
    "a path that a service file cannot hold is refused: %j",
    (passFile) => {
      expect(() => renderServiceFile([formsOf("acme")], { ...paths, passFile }, false)).toThrow(
        "which a service file cannot hold",
      );
    },
  );

  test("a section without the tenant's id is refused", () => {
    expect(() => renderServiceFile([{ pgService: "host=x\n", pgpass: "" }], paths, false)).toThrow('got "host=x"');
  });
});

describe("renderPassFile", () => {
  test("one line for each tenant", () => {
    expect(renderPassFile([formsOf("acme"), formsOf("globex")])).toBe(
      "acme.db.example.com:5432:acme:acme:not-a-secret\nglobex.db.example.com:5432:globex:globex:not-a-secret\n",
    );
  });

  test("a line break is refused", () => {
    expect(() => renderPassFile([{ pgService: "", pgpass: "a:1:b:c:d\nx:1:b:c:d" }])).toThrow("line break");
  });
});
