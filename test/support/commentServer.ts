import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A comment as both services keep it. */
interface Stored {
  readonly id: number;
  readonly author: string;
  body: string;
}

/** What is answered instead of what was asked for. */
export interface Trouble {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The comment is made all the same, and the answer gets lost. */
  readonly done?: boolean;
}

/** A stand-in for the comments of one pull or merge request, on loopback. */
export interface CommentServer {
  readonly url: string;
  readonly comments: Stored[];
  /** The next answers, each once. */
  readonly troubles: Trouble[];
  /** Method and path of each call, in order. */
  readonly calls: string[];
  /** Headers that calls came with. */
  readonly headers: NodeJS.Dict<string | string[]>[];
  /** The numbers of the open requests. */
  readonly open: number[];
  readonly close: () => Promise<void>;
}

const users: Readonly<Record<string, number>> = { "github-actions[bot]": 7, somebody: 8 };

/** Serves the parts of both APIs that ci/ uses; any other path is not found. A comment longer than `longest` is refused, as there. */
export async function commentServer(longest: number, token: string): Promise<CommentServer> {
  const comments: Stored[] = [];
  const troubles: Trouble[] = [];
  const calls: string[] = [];
  const headers: CommentServer["headers"] = [];
  const open: number[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "", "http://localhost");
    calls.push(`${request.method} ${url.pathname}${url.search}`);
    headers.push(request.headers);
    const send = (status: number, body: unknown, more: Readonly<Record<string, string>> = {}) =>
      response.writeHead(status, { "Content-Type": "application/json", ...more }).end(JSON.stringify(body));
    const sent = await readBody(request);
    const trouble = troubles.shift();
    if (trouble !== undefined && trouble.done !== true)
      return send(trouble.status, { message: trouble.body ?? "trouble" }, trouble.headers);
    const known = request.headers["private-token"] === token || request.headers.authorization === `Bearer ${token}`;
    if (!known) return send(401, { message: "Bad credentials" });
    if (url.pathname === "/user") return send(200, { id: users["github-actions[bot]"] });
    if (sent !== undefined && sent.length > longest) return send(422, { message: "body is too long" });

    const [, id] = /\/(?:comments|notes)\/(\d+)$/.exec(url.pathname) ?? [];
    if (id !== undefined && (request.method === "PATCH" || request.method === "PUT")) {
      const comment = comments.find((one) => one.id === Number(id));
      if (comment === undefined) return send(404, { message: "Not Found" });
      comment.body = sent ?? "";
      return send(200, shown(comment));
    }
    if (/^\/repos\/acme\/db\/pulls$|^\/projects\/34\/merge_requests$/.test(url.pathname)) {
      const isOpen = /^opene?d?$/.test(url.searchParams.get("state") ?? "");
      return send(200, isOpen ? pageOf(url, open).map((number) => ({ number, iid: number })) : []);
    }
    if (!/^\/repos\/acme\/db\/issues\/12\/comments$|^\/projects\/34\/merge_requests\/12\/notes$/.test(url.pathname))
      return send(404, { message: "Not Found" });
    if (request.method === "GET") {
      return send(200, pageOf(url, comments).map(shown));
    }
    const made = { id: comments.length + 1000, author: "github-actions[bot]", body: sent ?? "" };
    comments.push(made);
    return trouble === undefined
      ? send(201, shown(made))
      : send(trouble.status, { message: "trouble" }, trouble.headers);
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, comments, troubles, calls, headers, open, close };
}

function pageOf<T>(url: URL, all: readonly T[]): readonly T[] {
  const size = Number(url.searchParams.get("per_page"));
  const from = (Number(url.searchParams.get("page")) - 1) * size;
  return all.slice(from, from + size);
}

function shown({ id, author, body }: Stored) {
  return { id, body, user: { login: author }, author: { id: users[author] } };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? undefined : JSON.parse(text).body;
}
