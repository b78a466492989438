import { LocalError } from "./errors.ts";
import type { Child } from "./processes.ts";

export type SuperviseOptions<T extends Child> = {
  /** How the server is called in a sentence. */
  name: string;
  start: () => Promise<T>;
  /** Aborted when everything ends: from then on nothing is started again. */
  ending: AbortSignal;
  /** Gets the reason when the server cannot be kept running. */
  giveUp: (reason: unknown) => void;
};

export type Supervised<T extends Child> = {
  /** The process that serves now. */
  current: () => T;
  /** Ends it; `ending` has to be aborted before. */
  stop: () => Promise<void>;
};

const BRIEF_MS = 10_000;
const BRIEF_LIVES = 3;

/** Starts a server, and starts it again whenever it ends by itself, unless it lives only briefly several times in a row. */
export async function supervise<T extends Child>({ name, start, ending, giveUp }: SuperviseOptions<T>): Promise<Supervised<T>> {
  let child = await start();
  const watch = async () => {
    for (let brief = 0; ; ) {
      const started = Date.now();
      const reason = await child.exited;
      // A Ctrl-C reaches every process of the terminal: the word that all is to end may come a moment later.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (ending.aborted) return;
      brief = Date.now() - started < BRIEF_MS ? brief + 1 : 0;
      if (brief > BRIEF_LIVES) throw new LocalError(`${name} keeps ending (${reason}); giving up.`);
      console.error(`${name} ended with ${reason}; starting it again.`);
      child = await start();
      if (ending.aborted) await child.stop();
    }
  };
  const watching = watch().catch((error) => ending.aborted || giveUp(error));
  return {
    current: () => child,
    stop: async () => {
      await child.stop();
      await watching;
    },
  };
}
