/** A value, or why it cannot be had. */
export type Interpolated = { readonly text: string } | { readonly problem: string };

/** `$$`, `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME-default}`. */
const reference = /\$(?:(\$)|([a-z_]\w*)|\{([a-z_]\w*)(?:(:?-)([^}$]*))?\})/gi;

/**
 * A text of docker-compose.yml with its variables put in, as Compose does it. A variable that is not set is empty for Compose; here it is a
 * problem: the folder alone does not say what it was.
 */
export function interpolate(text: string, variables: ReadonlyMap<string, string>): Interpolated {
  if (text.replace(reference, "").includes("$"))
    return {
      problem: "got a $ that begins no variable, expected $NAME, the same in braces, or $$ for the sign itself",
    };
  const missing: string[] = [];
  const result = text.replace(reference, (_, dollar, plain, braced, operator, word = "") => {
    if (dollar !== undefined) return "$";
    const name: string = plain ?? braced;
    const value = variables.get(name);
    if (value !== undefined && !(value === "" && operator === ":-")) return value;
    if (operator === undefined) missing.push(name);
    return word;
  });
  if (missing.length === 0) return { text: result };
  return { problem: `got the variable ${missing.join(", ")}, expected a value for it in .env` };
}
