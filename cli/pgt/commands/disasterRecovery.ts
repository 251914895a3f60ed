import { offsiteImageTag, postgresImageTag } from "../../../components/images.ts";
import { missingImages } from "../../../components/missingImages.ts";
import { recoveryPassphrase } from "../../../components/recoveryPassphrase.ts";
import { openKeys, type TenantKey } from "../../../components/sealedKeys.ts";
import { isPassing } from "../../../tenants/standby.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { bringBackState, hasState, makeOtherVolumes } from "../disaster/bringBackState.ts";
import { restoreTenant } from "../disaster/restoreTenant.ts";
import { readCredentials, withStore } from "../disaster/store.ts";
import { containersOf } from "../engine.ts";
import { offsitePlace } from "../offsitePlace.ts";
import { listedHere } from "../tenants.ts";

/** What is at hand on the new machine. */
export interface AtHand {
  /** File with how to log in to the store. */
  readonly credentials?: string;
  /** False where Pulumi's state is lost for good: passwords are new then. One that the backend still has is used, whatever the store has. */
  readonly state: boolean;
}

/**
 * Brings everything back on a machine that has nothing but the checkout: from the store come the keys, which the recovery passphrase opens,
 * every listed tenant's backups, which are restored to the last archived moment, and Pulumi's state. Starts nothing. May run again.
 * @throws OperatorError with every tenant that could not be brought back.
 */
export async function disasterRecovery(context: Context, { credentials: file, state }: AtHand): Promise<void> {
  const { config, stack, report } = context;
  const place = offsitePlace(config);
  const credentials = readCredentials(place, file);
  const passphrase = orOperatorError(() => recoveryPassphrase(undefined));
  // What goes by itself is in no store, nor is what a move fills or has given up.
  const { servers, beside } = listedHere(config);
  const staying = [...servers, ...beside.servers].filter(({ lifeSeconds }) => lifeSeconds === undefined);
  const listed = staying.filter(({ standby }) => !isPassing(standby));
  await refuseUnready(context);
  const there = hasState(context);

  const failed: string[] = [];
  await withStore(context, place, credentials, async (store) => {
    const keys = await opened(store.keys(), passphrase);
    for (const tenant of listed) {
      const why = attempt(() => restoreTenant(context, store, tenant, keyOf(keys, tenant)));
      if (why === undefined) report({ event: "note", message: `${tenant.id}: restored to its last archived moment` });
      else failed.push(`${tenant.id}: ${why}`);
    }
    if (failed.length > 0) {
      throw new OperatorError(
        failed.join("\n"),
        `run it again when that is mended; to go on without their data, take them out of ${config.tenantsFileName}`,
      );
    }
    if (state && !there) bringBackState(context, store.state());
    if (state) makeOtherVolumes(context, staying);
  });
  const next = state ? "pgt start" : `pgt recover, which asks for "${stack}", because the state is a new one`;
  report({ event: "note", message: `all is there; next: ${next}` });
}

/** @throws OperatorError where something of the stack runs, or an image is missing. */
async function refuseUnready({ config, stack }: Context): Promise<void> {
  const [running] = containersOf(stack).values();
  if (running !== undefined) {
    throw new OperatorError(
      `this engine has containers of the stack ${stack}, such as ${running.name}; nothing was changed`,
      "pgt recover is for a stack that is there; pgt restore brings back one tenant",
    );
  }
  const images = [config.get("postgresImage") ?? postgresImageTag(), config.get("offsiteImage") ?? offsiteImageTag()];
  const missing = await missingImages(images, true);
  if (missing.length > 0)
    throw new OperatorError(missing.join("\n"), "nothing was changed; mend that and run it again");
}

async function opened(sealed: string, passphrase: string): Promise<readonly TenantKey[]> {
  try {
    return await openKeys(sealed, passphrase);
  } catch (error) {
    throw new OperatorError(
      `the sealed keys do not open: ${messageOf(error)}; nothing was changed`,
      "PULUMI_CONFIG_PASSPHRASE_FILE must name the file with the recovery passphrase",
    );
  }
}

function keyOf(keys: readonly TenantKey[], { origin }: Tenant): TenantKey {
  const key = keys.find((candidate) => candidate.origin === origin);
  if (key !== undefined) return key;
  throw new OperatorError("the store has no key of it: it was never deployed with copies", "create it anew");
}

function attempt(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
}

function orOperatorError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new OperatorError(
      messageOf(error),
      "PULUMI_CONFIG_PASSPHRASE_FILE must name the file with the recovery passphrase",
    );
  }
}
