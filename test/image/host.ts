/** What an image was built as: a real one of a container engine, or folders that its steps were run in. */
export interface Host {
  /** Starts the image's command with these variables beside its own, on the same volume each time. */
  start(variables: Readonly<Record<string, string>>): Running;
  /** Runs the image's health check where no server is; returns its status. */
  checkNothing(): Promise<number>;
  /** Removes everything. */
  remove(): Promise<void>;
}

/** A started command. */
export interface Running {
  /** The address of its API. */
  readonly api: string;
  output(): Promise<string>;
  /** Runs the image's health check; returns its status. */
  checkHealth(): Promise<number>;
  /** The users that its processes run as, each once. */
  users(): Promise<string[]>;
  /** Sends SIGTERM, waits for ten seconds at most; returns its status and the number of processes that are left. */
  stop(): Promise<{ status: number | string; left: number; seconds: number }>;
  /** Waits for its end; returns its status. */
  exited(): Promise<number | string>;
}
