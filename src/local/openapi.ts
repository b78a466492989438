import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import openapiTypescript, { astToString } from "openapi-typescript";
import { describeApi } from "./description/index.ts";
import { runCommand } from "./errors.ts";
import { ROOT } from "./worker-bundle.ts";

/**
 * Writes the API's description as `openapi.json`, and the types of its paths for openapi-fetch as `api.d.ts`, into the folder that the
 * argument names, else into the one that our own tests read.
 */
await runCommand(async () => {
  const [argument] = process.argv.slice(2);
  const folder = argument === undefined ? join(ROOT, ".cache/openapi") : resolve(argument);
  mkdirSync(folder, { recursive: true });
  const text = await describeApi(folder);
  // Members that have a default may be left out of a request.
  const types = await openapiTypescript(text, { defaultNonNullable: false });
  writeFileSync(join(folder, "openapi.json"), `${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  writeFileSync(join(folder, "api.d.ts"), astToString(types));
  console.log(`The API's description and its types are in ${folder}.`);
});
