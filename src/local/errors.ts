/** A problem that the user at the terminal can solve: the message is one sentence, shown without a stack. */
export class LocalError extends Error {
  override name = "LocalError";
}

/** Runs a command of this folder: a LocalError is printed to stderr, with exit status 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof LocalError ? error.message : error);
    process.exit(1);
  }
}
