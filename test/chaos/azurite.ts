import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { ContainerClient, StorageRetryPolicyType } from "@azure/storage-blob";
import { startAzurite } from "../../local/start/azurite.ts";
import type { Running } from "../../local/start/processes.ts";
import { appendBlobs } from "../../src/state/appendBlobs.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import type { Rows, StoredRow } from "../../src/state/rows.ts";
import { tableRows } from "../../src/state/tableRows.ts";
import type { State } from "./amnesia.ts";
import type { Dice } from "./dice.ts";
import type { Simulation } from "./simulation.ts";

type Clients = { readonly rows: Rows; readonly blobs: Blobs };

/** Rows and blobs in a real Azurite, which is stopped or killed when it shall forget, and started again. */
export async function azuriteState(sim: Simulation, dice: Dice): Promise<State> {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-chaos-"));
  let azurite: Running;
  let clients: Clients;

  async function start(): Promise<void> {
    const { running, connectionString } = await startAzurite(folder, join(folder, "log"));
    azurite = running;
    clients = clientsOf(connectionString);
  }

  async function stop(isKilled: boolean): Promise<void> {
    if (!isKilled) return azurite.stop();
    process.kill(azurite.pid, "SIGKILL");
    await azurite.exited;
  }

  const ask = <T>(act: (now: Clients) => Promise<T>): Promise<T> => sim.outside(() => act(clients));
  await start();
  return {
    rows: {
      get: (...what) => ask(({ rows }) => rows.get(...what)),
      list: async function* (...what) {
        yield* await ask(({ rows }) => allOf(rows.list(...what)));
      },
      insert: (...what) => ask(({ rows }) => rows.insert(...what)),
      replace: (...what) => ask(({ rows }) => rows.replace(...what)),
      transact: (...what) => ask(({ rows }) => rows.transact(...what)),
      remove: (...what) => ask(({ rows }) => rows.remove(...what)),
    },
    blobs: {
      append: (...what) => ask(({ blobs }) => blobs.append(...what)),
      read: (...what) => ask(({ blobs }) => blobs.read(...what)),
      removeUnder: (...what) => ask(({ blobs }) => blobs.removeUnder(...what)),
    },
    // Stopped, it remembers everything; killed, what it wrote down last.
    forget: () =>
      sim.meanwhile(async () => {
        await stop(dice.chance(0.5));
        await start();
      }),
    close: async () => {
      await stop(true);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// Whatever fails is tried again by whoever asked, in the seed's own time.
function clientsOf(connectionString: string): Clients {
  const table = TableClient.fromConnectionString(connectionString, "chaos", {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  const container = new ContainerClient(connectionString, "chaos", {
    retryOptions: { maxTries: 1, retryPolicyType: StorageRetryPolicyType.FIXED },
  });
  return { rows: tableRows(table), blobs: appendBlobs(container) };
}

async function allOf(found: AsyncIterable<StoredRow>): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const row of found) rows.push(row);
  return rows;
}
