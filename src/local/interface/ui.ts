import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeApi } from "../description/index.ts";
import { LocalError, runCommand } from "../errors.ts";
import { step } from "../progress.ts";
import { readSettings } from "../settings.ts";
import { ROOT } from "../worker-bundle.ts";
import { downloadInterface } from "./download.ts";
import { prepareSite, readSite } from "./site.ts";

/** The folder of `[assets]` in wrangler.toml. */
const DEPLOYED = join(ROOT, ".cache/assets");

/**
 * Downloads the interface for `npm start` and prepares it for a deployment; an argument is the version. With `--for-deployment` it
 * prepares what a deployment needs at least, where nothing is prepared.
 */
await runCommand(async () => {
  const { dataDir, uiBase } = readSettings(process.env);
  const [argument] = process.argv.slice(2);
  mkdirSync(dirname(DEPLOYED), { recursive: true });
  const description = await describeApi(dirname(DEPLOYED));
  if (argument === "--for-deployment") {
    // An interface that is prepared stays; the description is of the code that is deployed.
    if (readSite(DEPLOYED) === undefined) prepareSite({ into: DEPLOYED, found: undefined, base: uiBase, description });
    else writeFileSync(join(DEPLOYED, "openapi.json"), description);
    return;
  }
  if (argument !== undefined && !/^\d+(\.\w+)*$/.test(argument))
    throw new LocalError(`A version is such as 3.9.1, not ${JSON.stringify(argument)}.`);
  const downloads = join(dataDir, "interface");
  const found = await step("Downloading the web interface", () =>
    downloadInterface({ downloads, version: argument, environment: process.env }),
  );
  prepareSite({ into: DEPLOYED, found, base: uiBase, description });
  console.log(`The web interface of prefect ${found.version} is in ${downloads}, for the next npm start, and in .cache/assets, for the
next npm run wrangler -- deploy.`);
});
