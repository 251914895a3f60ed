import fc from "fast-check";
import { expect, test } from "vitest";
import { commentOf } from "../../../ci/body.ts";

const report = (text: string) => ({
  name: "plan-dev",
  text,
  commit: "0123456789abcdef",
  log: "https://ci.example.com/1",
});

test("what fits is all there", () => {
  expect(commentOf(report("# Plan\n\n+ acme\n"), 1000)).toBe(
    "<!-- pgtenants: plan-dev -->\n# Plan\n\n+ acme\n\n<sub>Commit 0123456789ab, [log](https://ci.example.com/1)</sub>\n",
  );
});

test("whatever the report is, a comment is never too long, and what is kept are whole lines of its beginning", () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom("```", "```diff", "<details>", "</details>", "ü".repeat(40)),
  );
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 400, max: 1200 }),
      (lines, longest) => {
        const text = lines.join("\n").trim();
        const body = commentOf(report(text), longest);
        expect(body.length).toBeLessThanOrEqual(longest);
        const [, kept = "", left] = /^<!--.*-->\n([\s\S]*?)\n\n\*\*(\d+) of \d+ lines do not fit/.exec(body) ?? [];
        if (left === undefined) return;
        const whole = text.split("\n").slice(0, -Number(left)).join("\n");
        expect(kept.startsWith(whole)).toBe(true);
        expect(kept.slice(whole.length)).toMatch(/^(\n```)?(\n<\/details>){0,3}$/);
      },
    ),
  );
});

test("a block of code and a folded part that are cut are closed", () => {
  const text = `<details>\n\n\`\`\`diff\n${"+ a line\n".repeat(200)}\`\`\`\n</details>`;
  expect(commentOf(report(text), 600)).toMatch(/\+ a line\n```\n<\/details>\n\n\*\*\d+ of 205 lines do not fit here/);
});
