import type { Failure } from "../core/error.ts";
import type { MigrationRequest } from "../core/request.ts";

/** True where a lake doesn't accept who asks: only a person changes that, and no item is to blame for it. */
export function isUnaccepted(failure: Failure | undefined): failure is Failure {
  return failure?.kind === "unauthenticated";
}

/** The same failure, with the connection that it is about and what is to be done; any other as it is. */
export function withRemedy(failure: Failure, { source, sink }: Pick<MigrationRequest, "source" | "sink">): Failure {
  if (!isUnaccepted(failure)) return failure;
  const sides = { source: source.connection, sink: sink.connection };
  const { at } = failure;
  const name = at === "source" || at === "sink" ? sides[at] : `${sides.source} or ${sides.sink}`;
  const remedy = `the lake of connection ${name} doesn't accept the app: renew the connection's secret, certificate, key or SAS, or correct its identity`;
  return { ...failure, detail: `${remedy} (${failure.detail})` };
}
