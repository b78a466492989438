import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { PlainLine } from "../support/plain-line.ts";

// Every page of both forms of the interface, and what can be done there, take many minutes: `npm run test:pages`.
const LONG = ["interface-pages", "interface-actions"];

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    include: ["test/e2e/**/*.test.ts"],
    exclude: LONG.filter((name) => !process.argv.some((argument) => argument.includes(name))).map(
      (name) => `**/${name}.*.test.ts`,
    ),
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
