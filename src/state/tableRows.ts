import { odata, RestError, type TableClient, type TableEntityResult, type TransactionAction } from "@azure/data-tables";
import { checkRow, checkTransaction, type InState, type Row, type Rows, type StoredRow } from "./rows.ts";
import { askingAfter, usualPatienceMs } from "./asking.ts";

/** What Azure answers with at most. */
const mostAtATime = 1000;

type Stored = TableEntityResult<Record<string, unknown>>;

/** A table of Azure Table Storage. The table is made on first use. */
export function tableRows(client: TableClient, patienceMs = usualPatienceMs): Rows {
  const asking = askingAfter(() => client.createTable(), "table", patienceMs);

  return {
    get: (partitionKey, rowKey) =>
      asking("get", `${partitionKey}/${rowKey}`, async () => {
        try {
          return storedOf(await client.getEntity(partitionKey, rowKey));
        } catch (error) {
          if (error instanceof RestError && error.statusCode === 404) return undefined;
          throw error;
        }
      }),

    list: async function* (partitionKey, prefix, state, from = prefix, atATime = mostAtATime) {
      const upTo = `${prefix}\uffff`;
      const keys = odata`PartitionKey eq ${partitionKey} and RowKey ge ${from} and RowKey lt ${upTo}`;
      const filter = state === undefined ? keys : `${keys} and ${filterOf(state)}`;
      const pages = client
        .listEntities({ queryOptions: { filter } })
        .byPage({ maxPageSize: Math.min(atATime, mostAtATime) });
      for (;;) {
        const page = await asking("list", `${partitionKey}/${prefix}`, () => pages.next());
        if (page.done === true) return;
        for (const entity of page.value) yield storedOf(entity);
      }
    },

    insert: async (row) => {
      checkRow(row);
      const path = `${row.partitionKey}/${row.rowKey}`;
      return { etag: etagOf(await asking("insert", path, () => client.createEntity({ ...row }))) };
    },

    replace: async (row, etag) => {
      checkRow(row);
      const path = `${row.partitionKey}/${row.rowKey}`;
      return {
        etag: etagOf(await asking("replace", path, () => client.updateEntity({ ...row }, "Replace", { etag }))),
      };
    },

    transact: async (changes) => {
      checkTransaction(changes);
      const actions = changes.map(
        (change): TransactionAction =>
          change.do === "insert"
            ? ["create", { ...change.row }]
            : change.do === "put"
              ? ["upsert", { ...change.row }, "Replace"]
              : ["update", { ...change.row }, "Replace", { etag: change.etag }],
      );
      const reply = await asking("transaction", changes[0]?.row.partitionKey ?? "", () =>
        client.submitTransaction(actions),
      );
      return reply.subResponses.map(({ etag }) => etag ?? "");
    },

    remove: async (partitionKey, rowKey, etag) => {
      await asking("remove", `${partitionKey}/${rowKey}`, () => client.deleteEntity(partitionKey, rowKey, { etag }));
    },
  };
}

// Where a row has no such property, a comparison is false. Should a table leave it out under "not" as well, nothing is worse.
function filterOf(state: InState): string {
  return typeof state === "string" ? odata`state eq ${state}` : `not (${odata`state eq ${state.not}`})`;
}

function storedOf(entity: Stored): StoredRow {
  const row: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(entity)) {
    if (name === "etag" || name === "timestamp" || name.startsWith("odata.")) continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") row[name] = value;
    else if (typeof value === "bigint") row[name] = Number(value);
  }
  return { row: row as Row, etag: entity.etag };
}

function etagOf(reply: { readonly etag?: string }): string {
  return reply.etag ?? "";
}
