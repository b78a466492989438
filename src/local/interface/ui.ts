import { join } from "node:path";
import { runCommand } from "../errors.ts";
import { ROOT } from "../worker-bundle.ts";
import { provideInterface } from "./provide.ts";

/** `npm run ui [VERSION]`; with `--for-deployment` before each deployment. */
await runCommand(async () => {
  const deployed = join(ROOT, ".cache/assets");
  const provided = await provideInterface({ argument: process.argv[2], environment: process.env, deployed });
  if (provided !== undefined)
    console.log(`The web interface of prefect ${provided.version} is in ${provided.downloads}, for the next npm start, and in .cache/assets, for the
next npm run wrangler -- deploy.`);
});
