export type Ticker = { stop: () => void };

export type TickerOptions = {
  /** 0 disables ticks. */
  seconds: number;
  crons: string[];
  fire: (cron: string, scheduledTime: number) => Promise<void>;
};

/** Fires every cron expression at once and then periodically; ticks never overlap. */
export function startTicker({ seconds, crons, fire }: TickerOptions): Ticker {
  if (seconds === 0) return { stop: () => {} };
  let busy = false;
  let stopped = false;
  let complaint = "";
  const tick = async () => {
    if (busy) return;
    busy = true;
    const now = Date.now();
    const results = await Promise.allSettled(crons.map((cron) => fire(cron, now)));
    const reason = results.find((result) => result.status === "rejected")?.reason;
    const message = reason === undefined ? "" : `The cron failed: ${reason instanceof Error ? reason.message : reason}`;
    // Logged once, not with every tick.
    if (message !== "" && message !== complaint && !stopped) console.error(message);
    complaint = message;
    busy = false;
  };
  const timer = setInterval(tick, seconds * 1000);
  void tick();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
