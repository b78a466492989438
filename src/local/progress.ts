/** Runs a step; when it takes longer than a second, reports it on stderr. */
export async function step<T>(label: string, run: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => console.error(`${label} …`), 1000);
  try {
    return await run();
  } finally {
    clearTimeout(timer);
  }
}
