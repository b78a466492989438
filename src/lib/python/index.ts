/**
 * What Python's values look like where an answer shows them: `repr`, numbers, JSON and its errors (`json.loads`), regular expressions
 * (`re`, matched by RE2), durations as pydantic reads them.
 * Leaves out what no answer of the API contains: bytes, sets, tuples, objects.
 */
export { durationFault, parseDuration } from "./duration.ts";
export { type ParsedJson, parsePythonJson } from "./json.ts";
export { type Pattern, pythonRegex } from "./regex.ts";
export { sortedJson } from "./sorted-json.ts";
export * from "./text.ts";
