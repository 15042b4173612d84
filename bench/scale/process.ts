import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Memory of a process now, in MiB. Linux only. */
export function memoryOf(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kib) / 1024);
}

/** The task hub under a folder of the local host. */
export function hubFile(folder: string): string {
  return join(folder, "lakeferry.sqlite");
}

/** The longest history that an instance has at this moment. */
export function mostEvents(file: string): { readonly events: number; readonly bytes: number } {
  if (!existsSync(file)) return { events: 0, bytes: 0 };
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const sql = "select count(*) as events, sum(length(event)) as bytes from history group by instance";
    const rows = db.prepare(sql).all() as { readonly events: number; readonly bytes: number }[];
    return {
      events: Math.max(0, ...rows.map(({ events }) => events)),
      bytes: Math.max(0, ...rows.map(({ bytes }) => bytes)),
    };
  } finally {
    db.close();
  }
}
