import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with `N passed, N failed` alone on a line; a file that could not be loaded and a stray error count as failed. */
export class PlainLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        if (state === "failed") failed++;
      }
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
