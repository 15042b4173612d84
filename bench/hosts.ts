import { join } from "node:path";
import { hostProcess } from "../local/start/azure.ts";
import { projectRoot, type Running, startProgram } from "../local/start/processes.ts";

/** Starts the Functions host of a local Azure again, after it was killed. */
export async function restartHost(stateDir: string, port: string): Promise<Running> {
  const data = ["--data", join(stateDir, "hub"), "--settings", join(stateDir, "settings.json"), "--port", port];
  const logFile = join(stateDir, "logs", "host.log");
  const { running } = await startProgram({
    name: "host",
    file: join(projectRoot, "dist", "local", "host.mjs"),
    args: ["--app", projectRoot, ...data, "--alone", "--log", logFile],
    logFile,
    ...hostProcess,
  });
  return running;
}
