import type * as z from "zod";
import type { healthDetails, healthWord } from "../contract/health.ts";
import { version } from "../contract/version.ts";
import { failureOf, type LakeError } from "../core/error.ts";
import { recent } from "../state/recent.ts";
import type { App } from "./app.ts";

/** How the app is. */
export type Health = {
  /** In one word; the state is asked at most every few seconds, whoever asks. */
  readonly word: () => Promise<z.infer<typeof healthWord>>;
  readonly details: () => Promise<z.infer<typeof healthDetails>>;
};

const everyMs = 5000;
/** Whoever watches over an app waits no longer. */
const patienceMs = 3000;

/** How a running app is. */
export function healthOf({ ferry, connections, cloud, easyAuth }: App): Health {
  const look = recent(ferry.clock, everyMs, async () => {
    const startMs = ferry.clock.nowMs();
    const took = () => ferry.clock.nowMs() - startMs;
    const enough = new AbortController();
    try {
      const late = ferry.clock.sleep(patienceMs, enough.signal).then(() => `no reply within ${patienceMs} ms`);
      late.catch(() => undefined);
      const detail = await Promise.race([ferry.rivals.all().then(() => undefined), late]);
      return { isReachable: detail === undefined, milliseconds: took(), ...(detail === undefined ? {} : { detail }) };
    } catch (error) {
      return { isReachable: false, milliseconds: took(), detail: failureOf(error, "health", "/").detail };
    } finally {
      enough.abort();
    }
  });
  const wordOf = ({ isReachable }: { readonly isReachable: boolean }) => (isReachable ? "ok" : "degraded");
  return {
    word: async () => wordOf(await look("state")),
    details: async () => {
      const state = await look("state");
      const known = [...connections].map(([name, { kind, endpoint, credential }]) => ({
        name,
        kind,
        endpoint,
        credential,
      }));
      return { status: wordOf(state), version, node: process.version, state, connections: known, cloud, easyAuth };
    },
  };
}

/** How an app is that one wrong setting keeps from running. */
export function healthWithout({ path, detail }: LakeError): Health {
  return {
    word: async () => "stopped",
    details: async () => ({ status: "stopped", version, node: process.version, wrongSetting: { name: path, detail } }),
  };
}
