import { compileWorkerFilters, compileWorkPoolFilters, compileWorkQueueFilters } from "../../../src/filters/index.ts";
import { optional } from "../../../src/schemas/common.ts";
import { countBody } from "../../../src/schemas/filters/bodies.ts";
import { workPoolFilter } from "../../../src/schemas/filters/work-pools.ts";
import { workQueueFilter } from "../../../src/schemas/filters/work-queues.ts";
import { workerFilter } from "../../../src/schemas/filters/workers.ts";
import { type Case, checkCases } from "./cases.ts";
import { ids } from "./world.ts";

const pools: readonly Case[] = [
  { asks: "everything without a filter", body: {}, sql: "1", args: [], rows: ["pool a", "pool b"] },
  {
    asks: "for an id",
    body: { work_pools: { id: { any_: [ids.poolA] } } },
    sql: "r.id = ?",
    args: [ids.poolA],
    rows: ["pool a"],
  },
  {
    asks: "for names",
    body: { work_pools: { name: { any_: ["pool a", "pool b"] } } },
    sql: "r.name IN (SELECT value FROM json_each(?))",
    args: ['["pool a","pool b"]'],
    rows: ["pool a", "pool b"],
  },
  {
    asks: "for a type",
    body: { work_pools: { type: { any_: ["docker"] } } },
    sql: "r.type = ?",
    args: ["docker"],
    rows: ["pool b"],
  },
  {
    asks: "for one of two members",
    body: { work_pools: { operator: "or_", type: { any_: ["docker"] }, name: { any_: ["pool a"] } } },
    sql: "r.name = ? OR r.type = ?",
    args: ["pool a", "docker"],
    rows: ["pool a", "pool b"],
  },
];
const queues: readonly Case[] = [
  { asks: "everything without a filter", body: {}, sql: "1", args: [], rows: ["alpha", "Beta", "beta_2"] },
  {
    asks: "for an id",
    body: { work_queues: { id: { any_: [ids.alpha] } } },
    sql: "r.id = ?",
    args: [ids.alpha],
    rows: ["alpha"],
  },
  { asks: "for a name", body: { work_queues: { name: { any_: ["beta"] } } }, sql: "r.name = ?", args: ["beta"], rows: [] },
  {
    asks: "for beginnings of names in any case",
    body: { work_queues: { name: { startswith_: ["BETA", "x"] } } },
    sql: "EXISTS (SELECT 1 FROM json_each(?) AS prefix WHERE r.name LIKE prefix.value)",
    args: ['["BETA%","x%"]'],
    rows: ["Beta", "beta_2"],
  },
  {
    asks: "for the beginning alone",
    body: { work_queues: { name: { startswith_: ["pha"] } } },
    sql: "EXISTS (SELECT 1 FROM json_each(?) AS prefix WHERE r.name LIKE prefix.value)",
    args: ['["pha%"]'],
    rows: [],
  },
  {
    asks: "for a beginning with wildcards",
    body: { work_queues: { name: { startswith_: ["b_ta_"] } } },
    sql: "EXISTS (SELECT 1 FROM json_each(?) AS prefix WHERE r.name LIKE prefix.value)",
    args: ['["b_ta_%"]'],
    rows: ["beta_2"],
  },
  {
    asks: "nothing for an empty list of beginnings",
    body: { work_queues: { name: { startswith_: [] } } },
    sql: "1",
    args: [],
    rows: ["alpha", "Beta", "beta_2"],
  },
  {
    asks: "nothing for an empty list of beginnings, also with or_",
    body: { work_queues: { operator: "or_", id: { any_: [ids.alpha] }, name: { startswith_: [] } } },
    sql: "r.id = ?",
    args: [ids.alpha],
    rows: ["alpha"],
  },
  {
    asks: "for names alone when the list of beginnings is empty",
    body: { work_queues: { operator: "or_", id: { any_: [ids.alpha] }, name: { any_: ["Beta"], startswith_: [] } } },
    sql: "r.id = ? OR r.name = ?",
    args: [ids.alpha, "Beta"],
    rows: ["alpha", "Beta"],
  },
  {
    asks: "everything when the name of or_ is empty",
    body: { work_queues: { operator: "or_", id: { any_: [ids.alpha] }, name: {} } },
    sql: "1",
    args: [],
    rows: ["alpha", "Beta", "beta_2"],
  },
  {
    asks: "for an id or a name",
    body: { work_queues: { operator: "or_", id: { any_: [ids.alpha] }, name: { any_: ["Beta"] } } },
    sql: "r.id = ? OR r.name = ?",
    args: [ids.alpha, "Beta"],
    rows: ["alpha", "Beta"],
  },
];
const workers: readonly Case[] = [
  { asks: "everything without a filter", body: {}, sql: "1", args: [], rows: ["w off", "w on"] },
  {
    asks: "for a status",
    body: { workers: { status: { any_: ["ONLINE"] } } },
    sql: "r.status = ?",
    args: ["ONLINE"],
    rows: ["w on"],
  },
  {
    asks: "for other statuses",
    body: { workers: { status: { not_any_: ["ONLINE"] } } },
    sql: "r.status NOT IN (SELECT value FROM json_each(?))",
    args: ['["ONLINE"]'],
    rows: ["w off"],
  },
  {
    asks: "nothing for an empty list of refused statuses",
    body: { workers: { status: { not_any_: [] } } },
    sql: "1",
    args: [],
    rows: ["w off", "w on"],
  },
  {
    asks: "for a heartbeat at or before",
    body: { workers: { last_heartbeat_time: { before_: "1970-01-01T00:00:00.000010Z" } } },
    sql: "r.last_heartbeat_time <= ?",
    args: [10],
    rows: ["w off"],
  },
  {
    asks: "for a heartbeat at or after, or a status",
    body: {
      workers: { operator: "or_", last_heartbeat_time: { after_: "1970-01-01T00:00:00.000020Z" }, status: { any_: ["OFFLINE"] } },
    },
    sql: "r.last_heartbeat_time >= ? OR r.status = ?",
    args: [20, "OFFLINE"],
    rows: ["w off", "w on"],
  },
];

const poolBody = countBody({ work_pools: optional(workPoolFilter) });
const queueBody = countBody({ work_queues: optional(workQueueFilter) });
const workerBody = countBody({ workers: optional(workerFilter) });

checkCases("work_pool", pools, (body) => compileWorkPoolFilters(poolBody.parse(body)));
checkCases("work_queue", queues, (body) => compileWorkQueueFilters(queueBody.parse(body)));
checkCases("worker", workers, (body) => compileWorkerFilters(workerBody.parse(body)));
