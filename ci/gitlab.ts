import * as z from "zod";
import { type Api, ask } from "./api.ts";
import { type Forge, pageSize, variable } from "./forge.ts";

const notes = z.array(z.object({ id: z.number(), body: z.string(), author: z.object({ id: z.number() }) }));
const user = z.object({ id: z.number() });

const token =
  "set GITLAB_TOKEN to a project access token with scope api and role Reporter, as a masked variable; CI_JOB_TOKEN may not write notes";

/** The merge request of a GitLab job. @throws OperatorError where the job is not of one, or has no token. */
export function gitlab(environment: NodeJS.ProcessEnv): Forge {
  const need = (name: string, fix = "GitLab sets it: run the job where $CI_PIPELINE_SOURCE is merge_request_event") =>
    variable(environment, name, fix);
  const path = `/projects/${need("CI_PROJECT_ID")}/merge_requests/${need("CI_MERGE_REQUEST_IID")}/notes`;
  const api: Api = {
    service: "GitLab",
    url: need("CI_API_V4_URL"),
    headers: { "PRIVATE-TOKEN": need("GITLAB_TOKEN", token) },
    refusals: {
      401: ["does not know the token in GITLAB_TOKEN", token],
      403: ["does not let the token write", token],
      404: ["does not show the token this merge request", token],
    },
  };
  let own: Promise<number> | undefined;
  const ownId = async () => user.parse(await ask(api, "GET", "/user")).id;
  return {
    service: api.service,
    longestComment: 1_000_000,
    commit: need("CI_COMMIT_SHA"),
    log: need("CI_JOB_URL"),
    ownComments: async (page) => {
      const found = notes.parse(await ask(api, "GET", `${path}?per_page=${pageSize}&page=${page}&sort=asc`));
      if (found.length === 0) return undefined;
      own ??= ownId();
      const id = await own;
      return found.flatMap((note) => (note.author.id === id ? [{ id: note.id, text: note.body }] : []));
    },
    create: (text) => ask(api, "POST", path, { body: text }),
    edit: (id, text) => ask(api, "PUT", `${path}/${id}`, { body: text }),
  };
}
