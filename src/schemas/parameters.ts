import { stringifyJson } from "../lib/json.ts";
import { jsonObject } from "./common.ts";

/** The maximum size of the parameters of a run or a deployment, in bytes. */
const maximumBytes = 524_288;

// Measured as in the reference: compact JSON in which every character beyond ASCII takes six bytes.
const size = (value: unknown): number => {
  const text = stringifyJson(value);
  return text.length * 6 <= maximumBytes ? text.length : text.replace(/[^\u0000-\u007f]/g, "\\u0000").length;
};

/** Parameters by their names, of a bounded size. */
export const parameters = () =>
  jsonObject().superRefine((value, context) => {
    const bytes = size(value);
    if (bytes <= maximumBytes) return;
    const texts = [maximumBytes, bytes].map((number) => number.toLocaleString("en-US"));
    const message = `Value error, Flow run parameters must be less than ${texts[0]} bytes when serialized (got ${texts[1]} bytes).`;
    context.addIssue({ code: "custom", message, input: value });
  });
