import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";

const outcome = z.object({ status: z.number(), output: z.string(), complaints: z.string() });
export type Outcome = z.infer<typeof outcome>;

export interface Resident {
  /** Runs a command after those before it; rejects when the process ends, or does not answer within the milliseconds. */
  readonly run: (args: readonly string[], withinMs: number) => Promise<Outcome>;
}

export interface ResidentOptions {
  readonly bin: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Is told of the process, which is in a group of its own. */
  readonly onStart: (child: ChildProcess) => void;
}

/** Returns a Python process that has imported the client and forks for each command: a start takes seconds of a core. It starts with the first. */
export function residentClient({ bin, cwd, env, onStart }: ResidentOptions): Resident {
  let process: { ask: (args: readonly string[], withinMs: number) => Promise<Outcome> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const start = () => {
    const child = spawn(join(bin, "python"), ["resident.py"], { cwd, env, stdio: "pipe", detached: true });
    onStart(child);
    let settle: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => settle?.resolve(line));
    let complaints = "";
    child.stderr.on("data", (chunk) => (complaints += chunk));
    child.once("close", (code, signal) => {
      process = undefined;
      settle?.reject(new Error(`the client's process ended (${code ?? signal})\n${complaints}`));
    });
    child.stdin.on("error", (error) => settle?.reject(error));
    const ask = async (args: readonly string[], withinMs: number) => {
      const timer = setTimeout(() => settle?.reject(new Error(`${args.join(" ")}: no answer within ${withinMs} ms`)), withinMs);
      try {
        const line = await new Promise<string>((resolve, reject) => {
          settle = { resolve, reject };
          child.stdin.write(`${JSON.stringify(args)}\n`);
        });
        return outcome.parse(JSON.parse(line));
      } finally {
        clearTimeout(timer);
      }
    };
    return { ask };
  };
  return {
    run: (args, withinMs) => {
      const answer = last.then(() => {
        process ??= start();
        return process.ask(args, withinMs);
      });
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}
