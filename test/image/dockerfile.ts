/** One instruction of a Dockerfile, such as `COPY --from=build /app /app`. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** One stage: what stands from a FROM to the next. */
export interface Stage {
  /** The name after AS; undefined for the last one. */
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

const known = new Set(["WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"]);

/** Returns the stages of a Dockerfile of plain instructions, one a line; throws for what this does not know. */
export function readStages(text: string): Stage[] {
  const stages: { name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of text.split("\n")) {
    const [, name = "", rest = ""] = /^([A-Z]+) (.+)$/.exec(line.trim()) ?? [];
    if (name === "FROM") stages.push({ name: / AS (\w+)$/.exec(rest)?.[1], instructions: [] });
    else if (known.has(name)) stages.at(-1)?.instructions.push({ name, text: rest });
    else if (line.trim() !== "" && !line.startsWith("#")) throw new Error(`Unknown in a Dockerfile: ${line}`);
  }
  return stages;
}

/** Returns a command in its list form. */
export function listOf(text: string): string[] {
  const list: unknown = JSON.parse(text.slice(text.indexOf("[")));
  if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) throw new Error(`No list of texts: ${text}`);
  return list;
}

/** Returns the variables of an ENV. */
export const variablesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]));
