/** What is declared inside a tenant's server, beside its role and database. Plain values, every default filled in, frozen. */
export interface Declared {
  /** The tenant's own database first, then further ones. */
  readonly databases: readonly DeclaredDatabase[];
  readonly roles: readonly DeclaredRole[];
  /** PostgreSQL's settings by name, values as PostgreSQL takes them. */
  readonly settings: {
    /** Changed in place. */
    readonly reload: Readonly<Record<string, string>>;
    /** A change restarts the tenant. */
    readonly restart: Readonly<Record<string, string>>;
  };
}

/** Something that there is, or that there is to be no more. */
interface Ensured {
  readonly name: string;
  /** The day on which it was confirmed that it is to go, and its data with it, such as `2026-11-21`; undefined for what is to be there. */
  readonly droppedOn: string | undefined;
}

/** A database of a tenant's. The tenant's role owns each of them. */
export interface DeclaredDatabase extends Ensured {
  readonly extensions: readonly DeclaredExtension[];
  readonly schemas: readonly DeclaredSchema[];
}

interface DeclaredExtension extends Ensured {
  /** The version that it is brought to; undefined: the image's when it is created, and then whatever it is. */
  readonly version: string | undefined;
}

interface DeclaredSchema extends Ensured {
  /** The role that owns it. */
  readonly owner: string;
}

export interface DeclaredRole extends Ensured {
  /** Whether it may log in, with a password of its own. */
  readonly login: boolean;
  /** Whether it reads everything of the tenant's databases, and writes nothing. */
  readonly readOnly: boolean;
  /** The roles that it is a member of, sorted. */
  readonly inRoles: readonly string[];
  /** The most connections of this role. */
  readonly connectionLimit: number;
  /** Another number makes another password. */
  readonly passwordVersion: number;
}

/** The declared roles of a tenant that have a password: those that may log in. */
export function loginRoles(declared: Declared | undefined): readonly DeclaredRole[] {
  return declared?.roles.filter(({ login, droppedOn }) => login && droppedOn === undefined) ?? [];
}
