import type { Child } from "./processes.ts";

export type SuperviseOptions<T extends Child> = {
  /** The server's name in messages. */
  name: string;
  start: () => Promise<T>;
  /** Aborted on shutdown: from then on nothing is restarted. */
  ending: AbortSignal;
};

export type Supervised<T extends Child> = {
  /** The running process. */
  current: () => T;
  /** Ends the process; `ending` has to be aborted before. */
  stop: () => Promise<void>;
};

const BRIEF_MS = 10_000;
/** The number of consecutive short runs after which restarts are delayed. */
const QUICK_RESTARTS = 3;
const LONGEST_PAUSE_MS = 30_000;

/** Returns the delay before the next start, in milliseconds, after so many consecutive short runs. */
const pauseAfter = (brief: number): number =>
  brief <= QUICK_RESTARTS ? 0 : Math.min(1_000 * 2 ** (brief - QUICK_RESTARTS - 1), LONGEST_PAUSE_MS);

/**
 * Starts a server, throws if it cannot be started, and restarts it whenever it ends. A request may crash the server repeatedly:
 * restarts never stop, but are delayed more and more while its runs are short.
 */
export async function supervise<T extends Child>({ name, start, ending }: SuperviseOptions<T>): Promise<Supervised<T>> {
  let child = await start();
  let started = Date.now();
  const startAgain = async (why: string, brief: number): Promise<boolean> => {
    const pause = pauseAfter(brief);
    const when = pause === 0 ? "starting it again" : `starting it again in ${pause / 1000} s`;
    console.error(`${name} ${why}; ${when}.`);
    await sleepUnless(ending, pause);
    if (ending.aborted) return true;
    started = Date.now();
    try {
      child = await start();
      return true;
    } catch (error) {
      if (!ending.aborted) console.error(error instanceof Error ? error.message : error);
      return false;
    }
  };
  const watch = async () => {
    for (let brief = 0; ; ) {
      const reason = await child.exited;
      // Ctrl-C reaches every process of the terminal: the shutdown signal may arrive a moment later.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (ending.aborted) return;
      brief = Date.now() - started < BRIEF_MS ? brief + 1 : 0;
      let why = `ended with ${reason}`;
      while (!(await startAgain(why, brief))) {
        brief++;
        why = "could not be started";
      }
      if (ending.aborted) return child.stop();
    }
  };
  const watching = watch();
  return {
    current: () => child,
    stop: async () => {
      await child.stop();
      await watching;
    },
  };
}

async function sleepUnless(ending: AbortSignal, milliseconds: number): Promise<void> {
  if (milliseconds === 0 || ending.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      ending.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    ending.addEventListener("abort", end);
  });
}
