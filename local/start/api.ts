/** A migration as GET /api/migrations/{id} shows it: the parts that the launcher reads. */
export type Migration = {
  readonly id: string;
  readonly status: string;
  readonly report: Report;
  readonly failures: readonly { readonly path: string; readonly kind: string; readonly detail: string }[];
};

/** The report, as far as the launcher draws it. */
export type Report = {
  readonly status: string;
  readonly filesWritten: number;
  readonly filesSkipped: number;
  readonly filesFailed: number;
  readonly foldersWritten: number;
  readonly foldersFound: number;
  readonly foldersFailed: number;
  readonly filesListed: number;
  readonly dataListed: number;
  readonly dataWritten: number;
  readonly copyDuration: number;
  readonly requests: { readonly source: number; readonly sink: number };
  readonly throttles: number;
  readonly remainingSeconds?: number;
  readonly expected?: { readonly files: number; readonly bytes: number };
  readonly journal?: { readonly lines: number; readonly seal: string };
  readonly error?: { readonly detail: string };
};

/** The answer to a request that was refused. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Calls the function app; throws Refused with the app's own words when it answers 400 or above. */
export async function callApp<T>(url: string, method: "GET" | "POST" = "GET", body?: unknown): Promise<T> {
  const reply = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const answer = (await reply.json()) as { readonly detail?: string };
  if (!reply.ok) throw new Refused(reply.status, answer.detail ?? `HTTP ${reply.status}`);
  return answer as T;
}
