import { TableClient } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { appendBlobs } from "../state/appendBlobs.ts";
import type { Blobs } from "../state/blobs.ts";
import type { Rows } from "../state/rows.ts";
import { tableRows } from "../state/tableRows.ts";
import { managedIdentity } from "./identity.ts";
import type { StateStore } from "./stateStore.ts";

/** Opens the app's state: one table, and one container for the journals, both made on first use; and any table beside it. */
export function openState(
  state: StateStore,
  names: { readonly table: string; readonly container: string },
): { readonly rows: Rows; readonly blobs: Blobs; readonly tableNamed: (name: string) => TableClient } {
  const { tableNamed, container } = clientsOf(state, names.container);
  return { rows: tableRows(tableNamed(names.table)), blobs: appendBlobs(container), tableNamed };
}

function clientsOf(state: StateStore, container: string) {
  if ("connectionString" in state) {
    const { connectionString } = state;
    const allowInsecureConnection = /TableEndpoint=http:\/\/(127\.0\.0\.1|localhost)[:/]/u.test(connectionString);
    return {
      tableNamed: (name: string) =>
        TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection }),
      container: new ContainerClient(connectionString, container),
    };
  }
  const identity = managedIdentity(state.clientId);
  return {
    tableNamed: (name: string) => new TableClient(state.tables, name, identity),
    container: new ContainerClient(`${state.blobs.replace(/\/$/u, "")}/${container}`, identity),
  };
}
