/** What a request may meet: the status and title of each code, and when it is answered. Codes never change their meaning. */
export const problems = {
  "request-invalid": {
    status: 400,
    title: "The request is not valid",
    when: "a body, a query or a reference to a connection is wrong; `errors` names each field",
  },
  "not-signed-in": {
    status: 401,
    title: "Nobody is signed in",
    when: "Easy Auth is on, and the call brings no principal",
  },
  "not-permitted": {
    status: 403,
    title: "Not permitted",
    when: "Easy Auth is on, and the principal lacks the app role that the call needs",
  },
  "origin-refused": {
    status: 403,
    title: "Another site asks",
    when: "a call that changes something comes from a page of another origin",
  },
  "not-found": { status: 404, title: "Not found", when: "what the request speaks of isn't there" },
  "run-not-found": { status: 404, title: "There is no such migration", when: "nobody has this id" },
  "id-taken": { status: 409, title: "The id is taken", when: "a migration with this id is there already" },
  "root-overlap": {
    status: 409,
    title: "Another migration writes there",
    when: "a live migration writes to the same sink folder, one above it or one below it",
  },
  "schedule-overlap": {
    status: 409,
    title: "Another schedule writes there",
    when: "a schedule writes to the same sink folder, one above it or one below it",
  },
  "command-not-allowed": {
    status: 409,
    title: "The status doesn't allow it",
    when: "a command makes no sense while the migration has its present status",
  },
  conflict: { status: 409, title: "Conflict", when: "somebody else changed the same thing at the same time" },
  "body-too-large": { status: 413, title: "Too large", when: "the body has more than 1 MiB" },
  "not-json": { status: 415, title: "Not JSON", when: "a call that changes something isn't said to be JSON" },
  unexpected: { status: 500, title: "Something unexpected went wrong", when: "a defect, or a row that can't be read" },
  "app-stopped": {
    status: 503,
    title: "The app is stopped",
    when: "an app setting is missing, wrong or contradicts another; it is named",
  },
  "state-unavailable": {
    status: 503,
    title: "The state store can't be used",
    when: "the tables or blobs of the app's own account don't answer or refuse",
  },
} as const satisfies Readonly<
  Record<string, { readonly status: number; readonly title: string; readonly when: string }>
>;

/** The stable name of a problem. */
export type ProblemCode = keyof typeof problems;

/** The `type` of a problem (RFC 9457): a name that leads nowhere. */
export function problemType(code: ProblemCode): string {
  return `urn:problem-type:lakeferry:${code}`;
}
