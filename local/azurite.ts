// Azurite, with one promise more. It writes its databases down every few seconds, each for itself, and forgets the rest
// when it is killed. A table that remembers what the blobs have forgotten is a state Azure can't be in, so the table's
// database is written only after those of the blobs.
import { createRequire } from "node:module";

type Done = (error?: Error | null) => void;
type Database = { readonly filename: string; saveDatabase: (done: Done) => void };
type Adapter = { saveDatabase: (this: Adapter, name: string, text: string, done: Done) => void };
type Loki = {
  readonly prototype: { autosaveEnable: (this: Database, ...options: unknown[]) => void };
  readonly LokiFsAdapter: { readonly prototype: Adapter };
};

const fromAzurite = createRequire(createRequire(import.meta.url).resolve("azurite/package.json"));
const loki = fromAzurite("lokijs") as Loki;
const { autosaveEnable } = loki.prototype;
const { saveDatabase } = loki.LokiFsAdapter.prototype;
const blobDatabases = new Set<Database>();

loki.prototype.autosaveEnable = function (...options) {
  if (/__azurite_db_blob(_extent)?__\.json$/u.test(this.filename)) blobDatabases.add(this);
  autosaveEnable.apply(this, options);
};

// The text is taken before the blobs are saved: what it speaks of is in them.
loki.LokiFsAdapter.prototype.saveDatabase = function (name, text, done) {
  if (!name.endsWith("__azurite_db_table__.json")) return saveDatabase.call(this, name, text, done);
  Promise.all([...blobDatabases].map(saved)).then(
    () => saveDatabase.call(this, name, text, done),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  );
};

function saved(database: Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.saveDatabase((error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

fromAzurite("./dist/src/azurite.js");
