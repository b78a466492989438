import { labels } from "../common.ts";

/** The label of a deployment that says what becomes of runs of its schedules that are overdue, for example after an outage. */
export const catchUpLabel = "milliways.catchup";
/** The label that says from how many seconds of lateness on. */
export const maxLateLabel = "milliways.max_late_seconds";

/** `all` runs every one of them, `latest` the newest of each schedule, `none` those alone that are not later than the bound. */
export const catchUpModes = ["all", "latest", "none"] as const;
export type CatchUpMode = (typeof catchUpModes)[number];

/** The longest lateness that a label may say, in seconds. */
export const longestLateness = 31_536_000;

const isMode = (value: unknown): boolean => catchUpModes.some((mode) => mode === value);

/** Returns whether a label says a lateness: a whole number of seconds within the bound. */
export const isLateness = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= longestLateness;

const faults = [
  { label: catchUpLabel, isValid: isMode, message: "Input should be 'all', 'latest' or 'none'" },
  {
    label: maxLateLabel,
    isValid: isLateness,
    message: `Input should be a whole number of seconds from 0 to ${longestLateness}`,
  },
];

/** The labels of a deployment: free, as those of other objects, but for the two above. */
export const deploymentLabels = () =>
  labels().superRefine((sent, context) => {
    for (const { label, isValid, message } of faults)
      if (Object.hasOwn(sent, label) && !isValid(sent[label]))
        context.addIssue({ code: "custom", message: `Value error, ${message}`, path: [label], input: sent[label] });
  });
