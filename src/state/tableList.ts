import { odata, type TableClient } from "@azure/data-tables";
import { isKind, LakeError } from "../core/error.ts";
import type { ListItem, NameList } from "../core/nameList.ts";
import { askingAfter, usualPatienceMs } from "./asking.ts";

/** Where in a table the names stand: one partition of it or all, and the property that holds them. */
export type NamesInTable = { readonly partitionKey?: string | undefined; readonly property: string };

type Key = readonly [partition: string, row: string];

const rowsAtOnce = 1000;

/**
 * A list in an Azure Table, one name a row, in the order of the keys. A place is the key of the row before it.
 * Rows that come or go while it is read may be seen or not.
 */
export function tableList(client: TableClient, { partitionKey, property }: NamesInTable): NameList {
  const asking = askingAfter(async () => undefined, "table", usualPatienceMs);
  const name = `table ${client.tableName}`;

  // The first rows of a filter; a table may answer with nothing and go on all the same.
  async function firstRows(filter: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const select = ["PartitionKey", "RowKey", property];
    const pages = client
      .listEntities({ queryOptions: filter === "" ? { select } : { filter, select } })
      .byPage({ maxPageSize: rowsAtOnce });
    for (;;) {
      const page = await asking("list", client.tableName, () => pages.next());
      if (page.done === true) return [];
      if (page.value.length > 0) return page.value;
    }
  }

  async function read(from: string, to: string) {
    for (const filter of filtersOf(from, to, partitionKey)) {
      const rows = await firstRows(filter);
      if (rows.length === 0) continue;
      let before = from;
      const items = rows.map((row): ListItem => {
        const item = itemOf(row, property, before);
        before = item.to;
        return item;
      });
      return { items, to: before };
    }
    return { items: [], to };
  }

  return {
    name,
    whole: async () => {
      try {
        await read("first", "last");
      } catch (error) {
        if (!isKind(error, "not-found")) throw error;
        const detail = `the table ${client.tableName} does not exist in the app's storage account`;
        throw new LakeError("not-found", { op: "list", path: client.tableName, detail, cause: error });
      }
      return { version: "", from: "first", to: "last" };
    },
    read: ({ from, to }) => read(from, to),
  };
}

function itemOf(row: Readonly<Record<string, unknown>>, property: string, from: string): ListItem {
  const key: Key = [String(row["partitionKey"]), String(row["rowKey"])];
  const text = row[property];
  const item = { at: `row ${key.join(" / ")}`, from, to: JSON.stringify(key) };
  if (typeof text === "string" && text !== "") return { ...item, text };
  return { ...item, text: "", problem: `the row has no text in its property "${property}"` };
}

// What is left of the partition that a range begins in, the partitions between, the beginning of the last one: each a
// query by keys, where one for all of them would go through the whole table.
function filtersOf(from: string, to: string, only: string | undefined): readonly string[] {
  const [first, last] = [keyOf(from), keyOf(to)];
  const partition = only ?? (first !== undefined && first[0] === last?.[0] ? first[0] : undefined);
  if (partition !== undefined) {
    const rows = [
      odata`PartitionKey eq ${partition}`,
      ...(first === undefined ? [] : [odata`RowKey gt ${first[1]}`]),
      ...(last === undefined ? [] : [odata`RowKey le ${last[1]}`]),
    ];
    return [rows.join(" and ")];
  }
  const between = [
    ...(first === undefined ? [] : [odata`PartitionKey gt ${first[0]}`]),
    ...(last === undefined ? [] : [odata`PartitionKey lt ${last[0]}`]),
  ];
  return [
    ...(first === undefined ? [] : [odata`PartitionKey eq ${first[0]} and RowKey gt ${first[1]}`]),
    between.join(" and "),
    ...(last === undefined ? [] : [odata`PartitionKey eq ${last[0]} and RowKey le ${last[1]}`]),
  ];
}

function keyOf(place: string): Key | undefined {
  return place.startsWith("[") ? (JSON.parse(place) as Key) : undefined;
}
