import * as z from "zod";
import { mapAtOnce } from "../../../components/atOnce.ts";
import { messageOf } from "../../operatorError.ts";
import { dockerAtOnce } from "../engine.ts";
import { error, type Finding, ok, warning } from "../finding.ts";

const lookLimit = 10_000;

/** What a look may take beside the pause before it, in seconds: reading a volume of some 100 GB from a cold disk takes minutes. */
const longestLook = 600;

/**
 * Run in a tenant's container: what its guard found last, how long ago in seconds, and whether it lives. It would not find itself: the
 * pattern is not what it matches.
 */
const script = `
if [ -e /run/postgresql/disk ]; then
  cat /run/postgresql/disk
  echo "age_seconds=$(($(date +%s) - $(stat --format=%Y /run/postgresql/disk)))"
fi
if grep --quiet --files-with-matches 'pgtenants/guard[.]sh' /proc/[0-9]*/cmdline 2>/dev/null; then echo alive=yes; else echo alive=no; fi
`;

const report = z.object({
  alive: z.enum(["yes", "no"]),
  age_seconds: z.coerce.number().optional(),
  next_look_seconds: z.coerce.number().optional(),
});

/** Whether each running tenant's disk is looked after. @param containers by name. */
export async function diskGuardFindings(containers: readonly string[]): Promise<Finding[]> {
  const findings = await mapAtOnce(containers, async (name) => {
    try {
      return judgeGuard(name, await dockerAtOnce(lookLimit, "exec", name, "sh", "-c", script));
    } catch (reason) {
      return warning("disk guard", `${name}: ${messageOf(reason)}`, `docker logs ${name} says more`);
    }
  });
  const wrong = findings.filter((finding) => finding !== undefined);
  return wrong.length > 0 ? wrong : [ok("disk guard", `${containers.length} tenants' disks are looked after`)];
}

/** @param printed lines key=value. @returns undefined where all is well. */
export function judgeGuard(name: string, printed: string): Finding | undefined {
  const lines = printed.split("\n").map((line): [string, string] => {
    const [key = "", ...value] = line.split("=");
    return [key, value.join("=")];
  });
  const { alive, age_seconds: age, next_look_seconds: pause = 0 } = report.parse(Object.fromEntries(lines));
  const restart = `docker restart ${name}: its sessions end once`;
  if (alive === "no") {
    return error("disk guard", `${name}: it was killed, and nothing keeps the tenant from filling its disk`, restart);
  }
  if (age === undefined) return warning("disk guard", `${name}: it has not looked yet`, "again in a minute");
  if (age > pause + longestLook) {
    return error("disk guard", `${name}: its last look was ${age} s ago, expected one after ${pause} s`, restart);
  }
  return undefined;
}
