import type { Standby } from "../../../tenants/standby.ts";
import type { Planned } from "./planned.ts";
import type { Reason } from "./reasons.ts";

/** A tenant's second place: its data of before a move, or what a move fills or has given up; see docs/move.md. */
interface Second {
  readonly standby: Standby;
  /** The instance that it is on; undefined for a server of its own. */
  readonly instance: string | undefined;
}

/** What becomes of a tenant's second place, in words; none where it has none. Pure. @param ids its own and its earlier ones. */
export function secondPlaceReasons(ids: readonly string[], planned: Planned): Reason[] {
  return told(secondBefore(ids, planned), secondAfter(ids, planned));
}

/** Whether a tenant's server is, or was until now, its second place. What is done to it is not done to the tenant. */
export function isSecondServer(ids: readonly string[], { list: { beside }, last }: Planned): boolean {
  return beside.servers.some(({ id }) => ids.includes(id)) || ids.some((id) => last.get(id)?.standby !== undefined);
}

function secondAfter(ids: readonly string[], { list: { beside } }: Planned): Second | undefined {
  const server = beside.servers.find(({ id }) => ids.includes(id));
  if (server?.standby !== undefined) return { standby: server.standby, instance: undefined };
  const onInstance = beside.shared.find(({ id }) => ids.includes(id));
  return onInstance?.standby === undefined ? undefined : { standby: onInstance.standby, instance: onInstance.instance };
}

function secondBefore(ids: readonly string[], { last, lastShared }: Planned): Second | undefined {
  const [server] = ids.flatMap((id) => last.get(id)?.standby ?? []);
  if (server !== undefined) return { standby: server, instance: undefined };
  const onInstance = ids.flatMap((id) => lastShared.get(id) ?? []).find(({ standby }) => standby !== undefined);
  if (onInstance?.standby === undefined) return undefined;
  return { standby: onInstance.standby, instance: onInstance.instance ?? "an instance" };
}

function told(before: Second | undefined, after: Second | undefined): Reason[] {
  const isSamePlace = before?.instance === after?.instance;
  if (after === undefined) return before === undefined ? [] : [ended(before)];
  if (before === undefined) return [begun(after)];
  if (before.standby === after.standby) return isSamePlace ? [] : [ended(before), begun(after)];
  const [was, is] = [on(before), on(after)];
  if (after.standby === "source") {
    const text = `moves: its place is ${was} now, and its data of before is kept ${is}, closed`;
    return [{ impact: "sessions end", text }];
  }
  if (!isSamePlace)
    return [
      { impact: "sessions end", text: `goes back: its place is ${was} again, and what it has ${is} counts no more` },
    ];
  const text =
    before.standby === "source"
      ? `its data of before the move, ${is}, counts no more, and may be deleted`
      : `the copy of it ${is} is given up, and may be deleted`;
  return [{ impact: "in place", text }];
}

function begun(place: Second): Reason {
  switch (place.standby) {
    case "target":
      return { impact: "in place", text: `a second place is made ${on(place)}, for a move: no route leads there` };
    case "source":
      return {
        impact: "data at risk",
        text: `its place would be one that nothing was copied to, and its data is kept ${on(place)}, closed: take pgt move`,
      };
    case "discarded":
      return { impact: "in place", text: `what there is of it ${on(place)} is given up, and may be deleted` };
  }
}

/** The copy on an instance is deleted by `pgt move`: no deployment drops anything there. */
function ended(place: Second): Reason {
  switch (place.standby) {
    case "target":
    case "discarded": {
      const then = place.instance === undefined ? "deleted, with what is there" : "closed; pgt move deletes it";
      return { impact: "in place", text: `its second place ${on(place)} is ${then}` };
    }
    case "source":
      return { impact: "data at risk", text: `its data of before the move, ${on(place)}, is let go of` };
  }
}

function on({ instance }: Second): string {
  return instance === undefined ? "on a server of its own" : `on ${instance}`;
}
