import type { Micros } from "../../lib/time.ts";
import { rowMapper } from "../sql/rows.ts";
import { audit } from "../tables/audit.ts";

/** The rows of the audit. */
export const auditRows = rowMapper(audit);

const positionsOfMillisecond = 1024;

/** How far the position of a row may lie behind the first one of its time: rows that were stored at the same moment take the next ones. */
export const positionsOfTime = 64 * positionsOfMillisecond;

/** Returns the first position that a row of a time may have. */
export const firstPosition = (occurred: Micros): number => Math.floor(occurred / 1000) * positionsOfMillisecond;
