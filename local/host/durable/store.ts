import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type HubLatency, promptHub } from "../../kit/latency.ts";

type Row = Readonly<Record<string, SQLInputValue>>;

/** The task hub's file. Every change goes through `transaction`, so a killed process leaves whole steps only. */
export type Store = {
  /** The rows of a query. */
  readonly rows: <T extends Row>(sql: string, values?: Row) => T[];
  /** How many rows a statement changed. */
  readonly change: (sql: string, values?: Row) => number;
  readonly transaction: <T>(work: () => T) => T;
  /** True when another connection has changed the hub since this was asked last; far cheaper than a query. */
  readonly isNews: () => boolean;
  /** How long messages are on their way. */
  readonly latency: HubLatency;
  /** The key that guards this hub's webhooks; as old as the hub. */
  readonly systemKey: string;
  readonly close: () => void;
};

// One step for each version: a hub that an older host left behind goes on where it was.
const steps = [
  `
  create table meta (name text primary key, value text not null) without rowid;
  create table workers (id text primary key, pid integer not null, seenMs integer not null) without rowid;
  create table instances (
    id text primary key,
    execution text not null,
    name text not null,
    version text,
    status text not null,
    input text,
    output text,
    customStatus text,
    createdMs integer not null,
    updatedMs integer not null,
    parent text,
    worker text
  ) without rowid;
  create index instancesByTime on instances (createdMs, id);
  create table history (
    instance text not null,
    position integer not null,
    event text not null,
    primary key (instance, position)
  ) without rowid;
  create table inbox (
    id integer primary key autoincrement,
    instance text not null,
    execution text,
    dueMs integer not null,
    event text not null
  );
  create index inboxByInstance on inbox (instance, id);
  create index inboxByTime on inbox (dueMs);
  create table activities (
    id integer primary key autoincrement,
    instance text not null,
    execution text not null,
    task integer not null,
    name text not null,
    input text,
    worker text,
    tries integer not null default 0
  );
  create index activitiesByWorker on activities (worker, id);
  create table schedules (name text primary key, lastMs integer not null, nextMs integer not null) without rowid;
`,
  `
  alter table activities add column dueMs integer not null default 0;
  drop index activitiesByWorker;
  create index activitiesByWorker on activities (worker, dueMs, id);
  alter table schedules add column worker text;
`,
];

/** Opens or creates a task hub; ":memory:" for one that ends with the process. Refuses one that is newer than this program. */
export function openStore(file: string, latency: HubLatency = promptHub): Store {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { timeout: 5000 });
  const prepared = new Map<string, StatementSync>();
  // A killed process loses nothing with "normal"; only a failing machine may lose its last transactions, whole ones.
  db.exec("pragma journal_mode = wal; pragma synchronous = normal");

  function statement(sql: string): StatementSync {
    const known = prepared.get(sql);
    if (known) return known;
    const made = db.prepare(sql);
    prepared.set(sql, made);
    return made;
  }

  function transaction<T>(work: () => T): T {
    db.exec("begin immediate");
    try {
      const result = work();
      db.exec("commit");
      return result;
    } catch (error) {
      db.exec("rollback");
      throw error;
    }
  }

  let seenVersion: unknown;
  function isNews(): boolean {
    const found = statement("pragma data_version").get()?.["data_version"];
    const isNew = found !== seenVersion;
    seenVersion = found;
    return isNew;
  }

  const rows: Store["rows"] = <T extends Row>(sql: string, values: Row = {}) => statement(sql).all(values) as T[];
  const change: Store["change"] = (sql, values = {}) => Number(statement(sql).run(values).changes);
  try {
    transaction(() => migrate(db, file));
    const [key] = rows<{ value: string }>("select value from meta where name = 'systemKey'");
    return { rows, change, transaction, isNews, latency, systemKey: key?.value ?? "", close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: DatabaseSync, file: string): void {
  const found = Number(db.prepare("pragma user_version").get()?.["user_version"]);
  if (found > steps.length) {
    throw new Error(
      `${file} has version ${found}; this host knows versions up to ${steps.length}. Use a newer lakeferry.`,
    );
  }
  if (found === steps.length) return;
  for (const step of steps.slice(found)) db.exec(step);
  if (found === 0) db.prepare("insert into meta values ('systemKey', ?)").run(randomBytes(24).toString("base64url"));
  db.exec(`pragma user_version = ${steps.length}`);
}
