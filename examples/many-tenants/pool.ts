/** One tenant's pool, as far as the cache looks into it. */
export interface TenantPool<Client> {
  /** Connections in use, idle, or being opened. */
  readonly usable: number;
  /** The same and those that are being closed. */
  readonly open: number;
  /** Gives an idle connection, or else opens one. */
  take(): Promise<Taken<Client>>;
  /** Closes a connection that nobody uses. */
  closeIdle(): void;
  /** Closes all; called once, when none is in use. Resolves when the last one is closed. */
  end(): Promise<void>;
}

/** A connection in use. */
export interface Taken<Client> {
  readonly client: Client;
  /** `broken`: it is in a state that nobody else should meet, so it is closed. */
  giveBack(broken: boolean): void;
}

/** Makes the pool of a tenant; `changed` is to be called when one of its connections has been closed. */
export type MakePool<Client> = (tenant: string, changed: () => void) => TenantPool<Client>;
