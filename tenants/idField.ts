import { name } from "./fields.ts";
import { ID_PATTERN, whyIdReserved } from "./names.ts";

/** A tenant's id, one that it has or one that it had. A schema of its own at each call, since words are attached to it. */
export function id() {
  return name({
    expected: 'an id of 3 to 40 characters from a-z, 0-9 and "-": a letter first, no "-" at the end, no "--"',
    pattern: ID_PATTERN,
    separator: "-",
    whyReserved: whyIdReserved,
    otherwise: 'choose an id such as "acme"',
  });
}
