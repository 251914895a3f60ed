import { volumeOf } from "../../../components/transitions.ts";
import { setField } from "../../../tenants/edit.ts";
import { parseList } from "../../../tenants/load.ts";
import { renameTenant } from "../../../tenants/rename.ts";
import type { TenantList } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { expectTyped } from "../ask.ts";
import { applyChange, tryEdit } from "../change.ts";
import type { Context } from "../context.ts";
import { movePassword, setPassword } from "../passwords.ts";
import { anyNamed, isOnInstance, tenantNamed } from "../tenants.ts";
import { askPassword } from "./create.ts";

/** Takes the container and the route away, and keeps the data. */
export async function remove(context: Context, id: string): Promise<void> {
  const tenant = anyNamed(context.config, id);
  const place = isOnInstance(tenant) ? `on ${tenant.instance}` : `in volume ${volumeOf(tenant, context.config.names)}`;
  const gone = isOnInstance(tenant) ? "its route goes" : "its container and its route go";
  if (!context.yes) {
    const question = `Remove ${id}? Its sessions end, ${gone}. Its data stays, ${place}.`;
    await expectTyped(question, id, "--yes");
  }
  const today = new Date().toISOString().slice(0, 10);
  await applyChange(context, {
    command: `pgt remove ${id}`,
    edit: (text) => setField(setField(text, id, ["state"], "removed"), id, ["confirm"], `${id} ${today}`),
  });
  const message = `${id}: its data is kept ${place}. Back with it: pgt start ${id}. Delete it for good: pgt purge ${id}`;
  context.report({ event: "note", message });
}

/** Starts a tenant that was stopped or removed; without an id, makes everything run that the file says. */
export async function start(context: Context, id: string | undefined): Promise<void> {
  const running = (text: string, one: string) =>
    setField(setField(text, one, ["state"], "running"), one, ["confirm"], undefined);
  await applyChange(context, {
    command: id === undefined ? "pgt start" : `pgt start ${id}`,
    edit: (text) => (id === undefined ? text : running(text, id)),
  });
}

/** Stops one tenant: no container, no route; data and password stay. */
export async function stop(context: Context, id: string): Promise<void> {
  await applyChange(context, {
    command: `pgt stop ${id}`,
    edit: (text) => setField(setField(text, id, ["confirm"], undefined), id, ["state"], "stopped"),
  });
}

/** Lets clients in from outside, or keeps them out; the server runs on. */
export async function setAccess(context: Context, id: string, enabled: boolean): Promise<void> {
  await applyChange(context, {
    command: `pgt ${enabled ? "enable" : "disable"}-access ${id}`,
    edit: (text) => setField(text, id, ["access", "enabled"], enabled),
  });
}

/** A new password. Sessions live on, new logins need it. */
export async function rotate(context: Context, id: string, option: boolean | string | undefined): Promise<void> {
  const tenant = anyNamed(context.config, id);
  const custom = tenant.password === "custom" || option !== undefined;
  const password = custom ? await askPassword(option ?? true) : undefined;
  await applyChange(context, {
    command: `pgt rotate ${id}`,
    edit: (text) =>
      custom
        ? setField(text, id, ["password"], "custom")
        : setField(
            text,
            id,
            ["passwordVersion"],
            passwordVersionIn(parseList(text, context.config.tenantsFileName), id) + 1,
          ),
    ...(password === undefined ? {} : { configure: () => setPassword(context, id, password) }),
  });
  context.report({
    event: "note",
    message: `${id}: sessions live on, new logins need the new password: pgt url ${id}`,
  });
}

function passwordVersionIn({ servers, shared }: TenantList, id: string): number {
  return tenantNamed<Pick<Tenant, "id" | "formerIds" | "passwordVersion">>([...servers, ...shared], id).passwordVersion;
}

/** Another id: data, role and password stay, the host changes and the server restarts once. */
export async function rename(context: Context, id: string, newId: string): Promise<void> {
  const tenant = anyNamed(context.config, id);
  const edit = (text: string) => renameTenant(text, id, newId);
  tryEdit(context, edit);
  if (!context.yes) {
    const question = `Rename ${id} to ${newId}? Its host becomes ${newId}.${context.config.domain}, its sessions end; the old id stays taken.`;
    await expectTyped(question, newId, "--yes");
  }
  await applyChange(context, {
    command: `pgt rename ${id} ${newId}`,
    edit,
    ...(tenant.password === "custom" ? { configure: () => movePassword(context, id, newId) } : {}),
  });
  context.report({ event: "note", message: `${newId}: how to connect now: pgt url ${newId}` });
}
