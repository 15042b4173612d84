import { TableClient } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { appendBlobs } from "../state/appendBlobs.ts";
import type { Blobs } from "../state/blobs.ts";
import type { Rows } from "../state/rows.ts";
import { tableRows } from "../state/tableRows.ts";
import { managedIdentity } from "./identity.ts";
import type { StateStore } from "./stateStore.ts";

/** Opens the app's state: one table, and one container for the journals. Both are made on first use. */
export function openState(
  state: StateStore,
  names: { readonly table: string; readonly container: string },
): { readonly rows: Rows; readonly blobs: Blobs } {
  if ("connectionString" in state) {
    const { connectionString } = state;
    const allowInsecureConnection = /TableEndpoint=http:\/\/(127\.0\.0\.1|localhost)[:/]/u.test(connectionString);
    return {
      rows: tableRows(TableClient.fromConnectionString(connectionString, names.table, { allowInsecureConnection })),
      blobs: appendBlobs(new ContainerClient(connectionString, names.container)),
    };
  }
  const identity = managedIdentity(state.clientId);
  return {
    rows: tableRows(new TableClient(state.tables, names.table, identity)),
    blobs: appendBlobs(new ContainerClient(`${state.blobs.replace(/\/$/u, "")}/${names.container}`, identity)),
  };
}
