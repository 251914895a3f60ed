import { expect, test } from "vitest";
import { holdersIn } from "../../../components/routerPort.ts";

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const socket = (local: string, state: string, inode: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 65532        0 ${inode} 1 0000000096cdda8c 100 0 0 10 0`;
const own = "lrwx------ 1 65532 65532 64 Nov 21 16:39 5 -> socket:[4711]";

/** Port 5432 is 1538 in these files. */
test.each([
  ["the router alone", [socket("0100007F:1538", "0A", 4711)], { router: true, others: false }],
  ["nobody", [], { router: false, others: false }],
  ["another program alone", [socket("0100007F:1538", "0A", 42)], { router: false, others: true }],
  [
    "both, on addresses of their own",
    [socket("0100007F:1538", "0A", 4711), socket("00000000000000000000000001000000:1538", "0A", 42)],
    { router: true, others: true },
  ],
  ["a session, which is no listener", [socket("0100007F:1538", "01", 42)], { router: false, others: false }],
  ["another port", [socket("0100007F:1539", "0A", 42)], { router: false, others: false }],
  ["an inode that begins like the router's", [socket("0100007F:1538", "0A", 471)], { router: false, others: true }],
])("%s", (_, sockets, expected) => {
  expect(holdersIn([head, ...sockets, head, "total 0", own].join("\n"), 5432)).toEqual(expected);
});

test("a port below 4096 is written with a zero before it", () => {
  expect(holdersIn(socket("0100007F:0400", "0A", 42), 1024).others).toBe(true);
});
