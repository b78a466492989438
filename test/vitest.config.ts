import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { PlainLine } from "./support/plain-line.ts";

export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "test/bench/**"],
    environment: "node",
    pool: "threads",
    maxWorkers: 2,
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 15_000,
    hookTimeout: 30_000,
    reporters: ["default", new PlainLine()],
  },
});
