import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { codeOf } from "./errorCode.ts";
import { addNote, readNotes } from "./notes.ts";
import { type QueryFailure, queryFailure } from "./queryFailure.ts";
import { Refusal, type RefusalKind } from "./refusal.ts";
import type { TenantDatabases } from "./tenantDatabases.ts";

/** Connections of HTTP clients at a time; one more is closed at once. */
const maxClients = 2000;

/** The longest note, in characters of JSON. */
const maxBody = 10_000;

type Databases = Pick<TenantDatabases, "use" | "counts">;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A mistake of whoever asked. */
class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const statusOf: Record<RefusalKind, number> = {
  unknown: 404,
  busy: 503,
  unreachable: 503,
  login: 503,
  stopping: 503,
};

const failureAnswers: Record<QueryFailure, readonly [number, string]> = {
  lost: [503, "the connection to the database was lost; whether a change was made is not known"],
  slow: [504, "the query took too long"],
  failed: [500, "the query failed"],
};

/**
 * The service: `GET /notes` and `POST /notes` with `{"text": …}` for the tenant in the header `x-tenant-id`, `GET /health` for none.
 * Whoever stands before it says who the tenant is, and has made sure of it. `log` hears of what was not foreseen, without values.
 */
export function createService(databases: Databases, log: (line: string) => void): Server {
  const server = createServer((request, response) => {
    answer(databases, request)
      .catch((error: unknown) => failed(error, log))
      .then((answered) => send(response, answered, server.listening))
      .catch((error: unknown) => log(`no answer sent: ${codeOf(error) ?? "unexpected error"}`));
  });
  server.maxConnections = maxClients;
  return server;
}

async function answer(databases: Databases, request: IncomingMessage): Promise<Answer> {
  const { method = "", url = "" } = request;
  switch (`${method} ${url}`) {
    case "GET /health":
      return { status: 200, body: databases.counts };
    case "GET /notes":
      return { status: 200, body: await databases.use(tenantOf(request), readNotes) };
    case "POST /notes": {
      const [tenant, text] = [tenantOf(request), await noteOf(request)];
      return { status: 201, body: await databases.use(tenant, (client) => addNote(client, text)) };
    }
    default:
      throw new BadRequest(404, "expected GET or POST /notes, or GET /health");
  }
}

function tenantOf({ headers }: IncomingMessage): string {
  const tenant = headers["x-tenant-id"];
  if (typeof tenant !== "string" || tenant === "")
    throw new BadRequest(400, "header x-tenant-id: got none, expected the id of a tenant");
  // What comes back in messages is no longer and no stranger than an id can be.
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(tenant))
    throw new BadRequest(400, "header x-tenant-id: expected lower case letters, digits and dashes");
  return tenant;
}

async function noteOf(request: IncomingMessage): Promise<string> {
  let body = "";
  // Otherwise the connection would be closed before the answer is sent.
  for await (const chunk of request.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    body += chunk;
    if (body.length > maxBody) throw new BadRequest(413, `body: expected at most ${maxBody} characters`);
  }
  const text = parsed(body)?.["text"];
  if (typeof text !== "string" || text.includes("\0"))
    throw new BadRequest(400, 'body: expected JSON such as {"text": "a note"}');
  return text;
}

function parsed(body: string): Record<string, unknown> | null | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function failed(error: unknown, log: (line: string) => void): Answer {
  if (error instanceof BadRequest) return { status: error.status, body: { error: error.message } };
  if (error instanceof Refusal) {
    const status = statusOf[error.kind];
    if (error.cause !== undefined) log(`${error.message} (${codeOf(error.cause) ?? messageOf(error.cause)})`);
    return { status, body: { error: error.message, kind: error.kind } };
  }
  // A message of PostgreSQL may quote what a tenant keeps.
  log(`a query failed: ${codeOf(error) ?? messageOf(error)}`);
  const [status, message] = failureAnswers[queryFailure(error)];
  return { status, body: { error: message, code: codeOf(error) } };
}

function messageOf(error: unknown): string {
  return error instanceof Error && codeOf(error) === undefined ? error.message : "unexpected error";
}

/** A service that is stopping keeps no connection; nor is the rest of a body read that is too long. */
function send(response: ServerResponse, { status, body }: Answer, isListening: boolean): void {
  const headers = {
    "content-type": "application/json",
    ...(status === 503 ? { "retry-after": "1" } : {}),
    ...(status === 413 || !isListening ? { connection: "close" } : {}),
  };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}
