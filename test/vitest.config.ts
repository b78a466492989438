import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { PlainLine } from "./support/plain-line.ts";

// The tier that `npm test` leaves to `npm run test:thorough`: a new file says so by its name, the others are listed.
const thorough = ["test/**/*.thorough.test.ts", "test/store/**/{plans,failed-requests,workerd}.test.ts"];
const others = ["test/e2e/**", "test/bench/**"];

export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    environment: "node",
    pool: "threads",
    // Modules are evaluated once a thread and not once a file: half of the time of a run.
    isolate: false,
    globalSetup: ["test/support/global-setup.ts"],
    // Bounds of what hangs, not of what is tested: a busy machine is ten times slower.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", new PlainLine()],
    projects: [
      // Tests of sockets wait most of their time: four threads keep two cores busy.
      {
        extends: true,
        test: { name: "quick", include: ["test/**/*.test.ts"], exclude: [...thorough, ...others], maxWorkers: 4 },
      },
      { extends: true, test: { name: "thorough", include: thorough, exclude: others, maxWorkers: 2 } },
    ],
  },
});
