import { type GoLive, phases } from "../results.ts";
import { median } from "../support/statistics.ts";
import { blocks, figure, medianAndP95, table } from "./markdown.ts";

const meaning = `Seconds from writing \`tenants.yaml\` to the first \`SELECT 1\` through the router, over verified TLS. The tenant's password is set beforehand
(\`password: custom\`), so that the question can be asked before the command ends; "command ends" is when \`pulumi up --skip-preview\` has. At 0 tenants there is no stack yet: bridge and router are made, too. The parts follow each other
and add up: *start* is CLI, plugins, Node.js and SDK; *program* is modules, the list, the last state and questions to the engine; *engine* is all other
resources; *create* is volume, password and container; *route* is what the routes took longer than the container; *server* is the cluster's copy, the server's
start, role and database, up to the answer.`;

const beside = `The same container, with the same options on the same bridge, by \`docker run\` and by \`docker compose up\` (a project with this one service), then the program's own
step for role and database by \`docker exec\`. Asked directly and in clear: there is no route. In turn with the runs above.`;

const published = `Published by others, on their machines: Neon [5.7 s and Supabase 7.4 s](https://devops-daily.com/posts/neon-vs-supabase-free-tier-benchmarks) from
the request to the first query, medians; Staxa 60 s; RDS minutes.`;

/** The section on new tenants. */
export function renderGoLive(rows: readonly GoLive[]): string {
  const ours = rows.filter(({ way }) => way === "pulumi up");
  const others = rows.filter(({ way }) => way !== "pulumi up");
  return blocks(
    meaning,
    table(
      ["tenants before", "runs", "live, median", "p95", "command ends, median", "p95"],
      ours.map((row) => [
        String(row.existing),
        String(row.live.length),
        ...medianAndP95(row.live),
        ...medianAndP95(row.ended),
      ]),
    ),
    "Medians of the parts:",
    table(
      ["tenants before", ...phases],
      ours.map((row) => [String(row.existing), ...phases.map((phase) => figure(median(row.phases?.[phase] ?? [])))]),
    ),
    beside,
    table(
      ["way", "tenants before", "runs", "of `pulumi up`", "live, median", "p95"],
      others.map((row) => [
        `\`${row.way}\``,
        String(row.existing),
        String(row.live.length),
        figure(ratio(row, ours)),
        ...medianAndP95(row.live),
      ]),
    ),
    published,
  );
}

function ratio(row: GoLive, ours: readonly GoLive[]): number | undefined {
  const live = median(row.live);
  const own = median(ours.find(({ existing }) => existing === row.existing)?.live ?? []);
  return live === undefined || own === undefined ? undefined : live / own;
}
