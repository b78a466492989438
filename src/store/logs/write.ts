import { stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { LogCreate } from "../../schemas/logs.ts";
import type { Database, Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";

/** The maximum size of a statement's value, in characters: the database accepts about 5 MB. */
const groupSize = 2_000_000;

/** Stores logs in their order, all or none; one statement per two million characters. */
export async function insertLogs(
  db: Database,
  created: readonly LogCreate[],
  { now, newId }: { now: Micros; newId: () => string },
): Promise<void> {
  if (created.length === 0) return;
  const groups: string[][] = [[]];
  let size = 0;
  for (const one of created) {
    const text = stringifyJson([newId(), one.name, one.level, one.message, one.timestamp, one.flow_run_id, one.task_run_id]);
    if (size + text.length > groupSize && size > 0) {
      groups.push([]);
      size = 0;
    }
    size += text.length;
    groups.at(-1)?.push(text);
  }
  await db.write(groups.map((group) => insertGroup(now, `[${group.join(",")}]`)));
}

const insertGroup = (
  now: Micros,
  list: string,
): Sql => sql`insert into log (created, id, name, level, message, timestamp, flow_run_id, task_run_id)
  select ${now}, l.value ->> 0, l.value ->> 1, l.value ->> 2, l.value ->> 3, l.value ->> 4, l.value ->> 5, l.value ->> 6
  from json_each(${list}) l order by l.key`;
