import * as z from "zod";
import { cronText } from "../core/cron.ts";
import { type CloudName, clouds } from "./clouds.ts";
import { type Connection, connectionsIn } from "./connections.ts";
import { type StateStore, stateStoreIn } from "./stateStore.ts";
import { type TelemetryPlace, telemetryIn } from "./telemetrySettings.ts";
import { firstWrong, settingsUnder, wrongSetting } from "./wrong.ts";

const count = (fallback: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/u, `expected a whole number, as ${fallback}`)
    .transform(Number)
    .pipe(
      z
        .number()
        .min(min, `expected at least ${min}, as ${fallback}`)
        .max(max, `expected at most ${max}, as ${fallback}`),
    )
    .default(fallback);

// Milliseconds, MiB and counts; each is an app setting Lakeferry__<name>.
const tuning = z.strictObject({
  /** Which cloud this is, as environment().name of Bicep and `az cloud show` have it. */
  cloud: z
    .enum(Object.keys(clouds) as CloudName[], `expected one of ${Object.keys(clouds).join(", ")}`)
    .default("AzureCloud"),
  /** Whether a run tries first, in a scratch folder of its sink, what it is about to do. */
  preflight: z.enum(["on", "off"], "expected on or off").default("on"),
  /** Whether App Service's own authentication stands before the app, and sets the header that says who calls. */
  easyAuth: z.enum(["on", "off"], "expected on or off").default("off"),
  table: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{2,62}$/u, "expected 3 to 63 letters and digits, as lakeferry")
    .default("lakeferry"),
  journalContainer: z
    .string()
    .regex(
      /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/u,
      "expected 3 to 63 lower-case letters, digits or single hyphens, as lakeferry-journal",
    )
    .default("lakeferry-journal"),
  scheduleCron: cronText.default("*/30 * * * * *"),
  purgeCron: cronText.default("0 17 * * * *"),
  /** Days after its end that a run is kept; 0: for ever. */
  purgeAfterDays: count(90, 0, 36_500),
  filesInFlight: count(128, 1, 1024),
  listingsInFlight: count(8, 1, 128),
  connections: count(128, 1, 2048),
  memoryMiB: count(32, 16, 4096),
  namedAclEntries: count(28, 0, 2000),
  saveIntervalMs: count(3000, 100, 60_000),
  pulseIntervalMs: count(1000, 100, 60_000),
  graceMs: count(10_000, 0, 120_000),
  deadlineGraceMs: count(300_000, 0, 6 * 3_600_000),
  pollIntervalMs: count(500, 50, 60_000),
  giveIntervalMs: count(1000, 50, 60_000),
  starvedMs: count(10_000, 0, 600_000),
  lookMs: count(3000, 100, 600_000),
  firstWaveMs: count(30_000, 1000, 600_000),
  waveMs: count(180_000, 1000, 600_000),
  keeperGraceMs: count(60_000, 0, 3_600_000),
  stallMs: count(2000, 0, 60_000),
  attemptTimeoutMs: count(60_000, 1000, 600_000),
  tries: count(6, 1, 20),
  firstRetryMs: count(500, 1, 60_000),
  maxRetryMs: count(30_000, 1, 120_000),
});

/** The app's settings as they were checked. */
export type Settings = {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly tuning: z.infer<typeof tuning>;
  /** Where the state tables and the journal are. */
  readonly state: StateStore;
  /** Where telemetry goes beside the console. */
  readonly telemetry: TelemetryPlace | undefined;
};

/** Reads the app settings; throws LakeError "invalid" naming the setting, what it should be, and an example. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const prefix = "Lakeferry__";
  const parsed = tuning.safeParse(settingsUnder(prefix, env));
  if (!parsed.success) throw firstWrong(prefix, parsed.error);
  const { data } = parsed;
  refuseReversed(prefix, data);
  return {
    connections: connectionsIn(env, data.cloud),
    tuning: data,
    state: stateStoreIn(env, data.cloud),
    telemetry: telemetryIn(env),
  };
}

// Two that only make sense in this order.
function refuseReversed(prefix: string, data: Settings["tuning"]): void {
  for (const [less, more] of [
    ["firstWaveMs", "waveMs"],
    ["firstRetryMs", "maxRetryMs"],
  ] as const) {
    if (data[less] <= data[more]) continue;
    const detail = `${data[less]} is more than ${prefix}${more}, which is ${data[more]}; expected at most that, as ${prefix}${less}=${data[more]}`;
    throw wrongSetting(`${prefix}${less}`, detail);
  }
}
