import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../../operatorError.ts";
import { type Attempt, judgeCertificate } from "../certificate.ts";
import { dockerAtOnce } from "../engine.ts";
import { error, type Finding, ok } from "../finding.ts";
import type { StackConfig } from "../stackConfig.ts";

const answerLimit = 10_000;

/** Whether the router itself listens on its port, and else who does. */
export async function portFinding({ names, port }: StackConfig): Promise<Finding> {
  const check = "port";
  try {
    await dockerAtOnce(answerLimit, "exec", names.stack, "/usr/local/lib/pgtenants/ready.sh", String(port), "1");
    return ok(check, `the router listens on ${port}`);
  } catch (reason) {
    const other = await listenerOn(port);
    const held = other === undefined ? "nothing else does" : `${other} does`;
    const fix =
      other === undefined
        ? "pgt start; pgt logs router says more"
        : "stop it, or pulumi config set port <another> and pgt start";
    return error(check, `the router does not listen on ${port}, ${held}: ${messageOf(reason)}`, fix);
  }
}

/** The protocol by which libpq 17 and newer insist on speaking to PostgreSQL alone, and the certificate. */
export function judgeHandshake(attempt: Attempt, domain: string, now: Date): Finding[] {
  const certificate = judgeCertificate(attempt, domain, now);
  if (attempt === undefined || "problem" in attempt) return [certificate];
  const { alpn } = attempt;
  const protocol =
    alpn === "postgresql"
      ? ok("ALPN", "the router knows postgresql")
      : error(
          "ALPN",
          `the router agreed on ${alpn ?? "no protocol"}, expected postgresql: libpq 17 refuses it`,
          "pgt start writes the routes anew",
        );
  return [certificate, protocol];
}

/** What listens on a port, by `ss`, which tells other users' processes to root only; undefined for nothing. */
async function listenerOn(port: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ss", ["-Hltnp", `sport = :${port}`], { timeout: answerLimit });
    if (stdout.trim() === "") return undefined;
    const users = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout);
    return users === null ? "another program" : `${users[1]} (process ${users[2]})`;
  } catch {
    return undefined;
  }
}
