/** A problem that the person at the terminal can solve: the message is one sentence, and no stack is shown. */
export class LocalError extends Error {
  override name = "LocalError";
}

/** Runs a command of this folder: a LocalError becomes its sentence on stderr and exit status 1. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof LocalError ? error.message : error);
    process.exit(1);
  }
}
