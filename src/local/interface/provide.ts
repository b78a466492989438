import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeApi } from "../description/index.ts";
import { LocalError } from "../errors.ts";
import { step } from "../progress.ts";
import { readSettings } from "../settings.ts";
import { downloadInterface } from "./download.ts";
import { prepareSite, readSite } from "./site.ts";

export type ProvideOptions = {
  /** The version, `--for-deployment`, or undefined for the newest version. */
  argument: string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  /** The folder of `[assets]` in wrangler.toml. */
  deployed: string;
};

/**
 * Downloads the interface for `npm start` and prepares it for a deployment; with `--for-deployment` prepares what a deployment needs at
 * least, where nothing is prepared. Returns the interface's version and the folder of downloads, undefined with `--for-deployment`.
 */
export async function provideInterface(options: ProvideOptions): Promise<{ version: string; downloads: string } | undefined> {
  const { argument, environment, deployed } = options;
  const { dataDir, uiBase } = readSettings(environment);
  if (argument !== undefined && argument !== "--for-deployment" && !/^\d+(\.\w+)*$/.test(argument))
    throw new LocalError(`A version is such as 3.9.1, not ${JSON.stringify(argument)}.`);
  mkdirSync(dirname(deployed), { recursive: true });
  const description = await describeApi(dirname(deployed));
  if (argument === "--for-deployment") {
    // An interface that is prepared stays; the description is of the code that is deployed.
    if (readSite(deployed) === undefined) prepareSite({ into: deployed, found: undefined, base: uiBase, description });
    else writeFileSync(join(deployed, "openapi.json"), description);
    return undefined;
  }
  const downloads = join(dataDir, "interface");
  const found = await step("Downloading the web interface", () =>
    downloadInterface({ downloads, version: argument, environment }),
  );
  prepareSite({ into: deployed, found, base: uiBase, description });
  return { version: found.version, downloads };
}
