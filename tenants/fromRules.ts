import type { Draft } from "./check.ts";
import type { Path, Problem } from "./issues.ts";

/** A tenant begins with one thing, and each field of `from` goes with one of the two. */
export function beginningsAreOne({ tenants }: Draft): Problem[] {
  return tenants.flatMap(({ from }, index) => {
    if (from === undefined) return [];
    const whole: Path = ["tenants", index, "from"];
    const { clone, import: source, ...rest } = from;
    const shown = { got: `the fields ${Object.keys(from).join(", ") || "of an empty mapping"}` };
    if (clone === undefined && source === undefined) {
      const advice = 'what the tenant begins with; write "from: { clone: acme }" or "from: { import: ./acme.dump }"';
      return [{ path: whole, ...shown, advice }];
    }
    if (source === undefined || (clone === undefined && Object.keys(rest).length === 0)) return [];
    const advice = "either clone, with at, mask and schemaOnly, or import by itself; take out what is not meant";
    return [{ path: whole, ...shown, advice }];
  });
}

/** A URL holds a password, and the file is everybody's. */
export function urlsAreSecret({ tenants }: Draft): Problem[] {
  return tenants.flatMap(({ id = "<id>", from }, index) => {
    if (from?.import === undefined || !/^[a-z]+:\/\//i.test(from.import)) return [];
    const advice =
      `the word url, or the path of a dump; write "import: url", give the URL by "pulumi config set --secret --path imports.${id}", ` +
      "and change the password if this file was shared";
    return [{ path: ["tenants", index, "from", "import"], got: "a URL", advice, reliesOn: [] }];
  });
}
