/**
 * The forms in which responses show Python's values: `repr`, numbers, JSON and its errors (`json.loads`), regular expressions
 * (`re`, matched in linear time), durations as pydantic reads them. Leaves out types that no response contains: bytes, sets, tuples,
 * objects.
 */
export { durationFault, parseDuration } from "./duration.ts";
export { type FormatPart, parseFormat } from "./format.ts";
export { type ParsedJson, parsePythonJson } from "./json.ts";
export { type Pattern, pythonRegex } from "./regex.ts";
export { sortedJson } from "./sorted-json.ts";
export * from "./text.ts";
