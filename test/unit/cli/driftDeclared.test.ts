import { describe, expect, test } from "vitest";
import { compareDeclared } from "../../../cli/pgt/drift/compareDeclared.ts";
import { compareServer } from "../../../cli/pgt/drift/compareServer.ts";
import { declaredSpecOf } from "../../../components/declaredSpec.ts";
import { declaredRole, declaring } from "../../support/declared.ts";
import { database, deployedServer, ownerRole, role, seenServer, superuserRole } from "../../support/drift.ts";

const extensions = [{ name: "vector", droppedOn: undefined, version: undefined }];
const declared = declaredSpecOf(
  declaring({
    databases: [
      { name: "acme", droppedOn: undefined, extensions, schemas: [] },
      { name: "analytics", droppedOn: undefined, extensions: [], schemas: [] },
    ],
    roles: [declaredRole()],
    settings: { reload: { work_mem: "8MB" }, restart: {} },
  }),
  new Map(),
);
const reporting = role({ name: "reporting", connectionLimit: 40, password: "another" });
const friendly = {
  role: "reporting",
  database: null,
  databaseOwner: null,
  setting: "default_transaction_read_only",
  value: "on",
  context: "user",
};
const { altered } = seenServer().cluster;

describe("what is declared inside a server", () => {
  const seen = seenServer(
    {
      roles: [ownerRole, superuserRole, reporting],
      databases: [database(), database({ name: "analytics" })],
      roleSettings: [friendly],
      altered: { ...altered, work_mem: "8MB" },
    },
    { extensions: ["vector"] },
  );

  test("is no drift by itself, nor is what a declared role sets for itself", () => {
    expect(compareServer(deployedServer({ declared }), seen)).toEqual([]);
  });

  test("is drift where it is not declared", () => {
    const kinds = compareServer(deployedServer(), seen).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["login-role", "role-setting", "setting"]);
  });

  test("but for what its entry left, or a copy's source had: extensions that could be declared", () => {
    const left = seenServer({}, { extensions: ["vector", "dblink"] });
    expect(compareServer(deployedServer(), left)).toMatchObject([{ kind: "extension", found: "dblink" }]);
  });

  test("does not hide the tenant's own database under another name", () => {
    const databases = [database({ name: "moved" }), database({ name: "analytics" })];
    expect(
      compareServer(
        deployedServer({ declared }),
        seenServer({ ...seen.cluster, databases }, { extensions: ["vector"] }),
      ),
    ).toMatchObject([{ kind: "database-missing", found: "it is called moved" }]);
  });
});

test("what differs is put right by a plain deployment, but for what is there again", () => {
  const found = (kind: "declared-role" | "declared-absent") => [
    { kind, name: "role a", found: "none", expected: "one" },
  ];
  expect(compareDeclared(deployedServer(), found("declared-role"))).toEqual([
    { subject: "acme", kind: "declared-role", found: "role a: none", expected: "one", fix: "pulumi up" },
  ]);
  expect(compareDeclared(deployedServer(), found("declared-absent"))[0]?.fix).toContain("today's date");
});
