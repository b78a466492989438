/** Runs a step; when it takes longer than a second, says so on stderr while it goes on. */
export async function step<T>(label: string, run: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => console.error(`${label} …`), 1000);
  try {
    return await run();
  } finally {
    clearTimeout(timer);
  }
}
