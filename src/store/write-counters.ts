import type { Sql } from "./client.ts";

/** What sockets and background work wait for, with the tables whose writes concern them. */
const tables = {
  event: ["event"],
  log: ["log"],
  work_pool: ["work_pool", "cleanup_message"],
  task_run_delivery: ["task_run_delivery"],
  flow_run_notification: ["flow_run_notification"],
  automation_action: ["automation_action"],
  automation: ["automation", "automation_trigger"],
} as const;

export type Topic = keyof typeof tables;

/**
 * Counters of this isolate's writes to the tables of a topic. An increment is a hint to read the database, not proof of a change:
 * a failed write may cause it, and other isolates write, too.
 */
export interface WriteCounters {
  of(topic: Topic): number;
  /** Counts executed statements. */
  countWrites(statements: readonly Sql[]): void;
}

const topics: readonly Topic[] = [
  "event",
  "log",
  "work_pool",
  "task_run_delivery",
  "flow_run_notification",
  "automation_action",
  "automation",
];
const maximumCachedTexts = 500;
const maximumCachedLength = 10_000;
const written = /\b(?:into|update|delete from)\s+"?(\w+)"?/gi;

function topicsOf(sql: string): readonly Topic[] {
  const names = new Set(Array.from(sql.matchAll(written), ([, name]) => name));
  return topics.filter((topic) => tables[topic].some((table) => names.has(table)));
}

/** Returns counters at 0. */
export function writeCounters(): WriteCounters {
  const counts: Record<Topic, number> = {
    event: 0,
    log: 0,
    work_pool: 0,
    task_run_delivery: 0,
    flow_run_notification: 0,
    automation_action: 0,
    automation: 0,
  };
  // Most SQL texts are constants of this program and repeat.
  const known = new Map<string, readonly Topic[]>();
  return {
    of: (topic) => counts[topic],
    countWrites(statements) {
      for (const { sql } of statements) {
        let moved = known.get(sql);
        if (moved === undefined) {
          moved = topicsOf(sql);
          if (known.size >= maximumCachedTexts) known.clear();
          if (sql.length <= maximumCachedLength) known.set(sql, moved);
        }
        for (const topic of moved) counts[topic]++;
      }
    },
  };
}
