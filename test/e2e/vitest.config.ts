import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { PlainLine } from "../support/plain-line.ts";

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    include: ["test/e2e/**/*.test.ts"],
    // Every page of both forms takes ten minutes: `npm run test:pages`.
    exclude: process.argv.some((argument) => argument.includes("interface-pages")) ? [] : ["**/interface-pages.*.test.ts"],
    environment: "node",
    pool: "threads",
    // One file a client: on two cores they can go side by side, each with a server of its own.
    maxWorkers: 2,
    globalSetup: ["test/e2e/support/install-clients.ts"],
    testTimeout: 900_000,
    hookTimeout: 600_000,
    reporters: ["verbose", new PlainLine()],
  },
});
