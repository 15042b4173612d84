import { randomUUID } from "node:crypto";
import { type Context, ROOT_CONTEXT, trace, TraceFlags } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { AzureMonitorLogExporter, AzureMonitorMetricExporter } from "@azure/monitor-opentelemetry-exporter";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { version } from "../contract/version.ts";
import { managedIdentity } from "./identity.ts";
import type { Exporting, Point } from "./telemetry.ts";
import type { TelemetryPlace } from "./telemetrySettings.ts";
import type { TraceParent } from "./tracing.ts";

/** The metrics there are; what each is about is in telemetry.ts. */
const names = ["requests", "throttles", "requests.failed", "latency", "files", "failures", "bytes", "lanes"];
const everyMs = 60_000;
const mostWaitMs = 5000;

/** Sends events as logs, and points as metrics once a minute, to Application Insights under the app's identity. */
export async function startExporting(place: TelemetryPlace, points: () => readonly Point[]): Promise<Exporting> {
  // The library would tell its makers how it fares, at addresses that no setting names.
  process.env["APPLICATION_INSIGHTS_NO_STATSBEAT"] ??= "true";
  process.env["APPLICATIONINSIGHTS_SDKSTATS_DISABLED"] ??= "true";
  const options = {
    connectionString: place.connectionString,
    ...(place.clientId === undefined ? {} : { credential: managedIdentity(place.clientId) }),
    // An instance's disk goes away with it.
    disableOfflineStorage: true,
  };
  const resource = resourceFromAttributes({
    "service.name": "lakeferry",
    "service.version": version,
    "service.instance.id": process.env["WEBSITE_INSTANCE_ID"] ?? randomUUID(),
  });
  const logs = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new AzureMonitorLogExporter(options) })],
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: new AzureMonitorMetricExporter(options),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: everyMs / 2,
  });
  const metrics = new MeterProvider({ resource, readers: [reader] });
  const meter = metrics.getMeter("lakeferry", version);
  const gauges = new Map<string, ReturnType<typeof meter.createObservableGauge>>();
  for (const name of names) gauges.set(`lakeferry.${name}`, meter.createObservableGauge(`lakeferry.${name}`));
  meter.addBatchObservableCallback(
    (result) => {
      for (const { name, value, about } of points()) {
        const gauge = gauges.get(name);
        if (gauge !== undefined) result.observe(gauge, value, about);
      }
    },
    [...gauges.values()],
  );
  const logger = logs.getLogger("lakeferry", version);
  return {
    event: (name, fields, parent) => {
      const context = contextOf(parent);
      logger.emit({ body: name, attributes: attributesOf(fields), severityNumber: severityOf(name), context });
    },
    close: async () => {
      const sent = Promise.allSettled([metrics.forceFlush(), logs.forceFlush()]);
      await Promise.race([sent, new Promise((late) => setTimeout(late, mostWaitMs).unref())]);
    },
  };
}

// The host's own span, so that an event stands in the trace from request to activity.
function contextOf(parent: TraceParent | undefined): Context {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/u.exec(parent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

function attributesOf(fields: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const flat: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    flat[name] = isPlain ? value : JSON.stringify(value);
  }
  return flat;
}

function severityOf(event: string): SeverityNumber {
  return /\.(failed|refused|unmended|unreadable|stopped|missed)$/u.test(event)
    ? SeverityNumber.WARN
    : SeverityNumber.INFO;
}
