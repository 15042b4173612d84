/** The command line asks for something that isn't there; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs a command; what goes wrong ends on stderr, with exit code 2 for a wrong command line and 1 for anything else. */
export async function runCommand(command: (args: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await command(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** Ends the process in order on SIGTERM and SIGINT. */
export function onStop(stop: () => Promise<void>): void {
  const end = () => {
    void stop().finally(() => process.exit(0));
  };
  process.once("SIGTERM", end).once("SIGINT", end);
}
