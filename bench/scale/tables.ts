import { samplePrices } from "../../src/core/prices.ts";
import { table, whole } from "../markdown.ts";
import {
  accounts,
  assumed,
  carryingOf,
  classesOf,
  type Costs,
  costsOf,
  estimateOf,
  lakes,
  plans,
  published,
} from "./model.ts";
import type { Measured } from "./page.ts";

/** Everything in docs/scale.md that is a number. */
export function modelTables(all: readonly Measured[]): string {
  const costs = costsOf(all);
  return [
    "### Measured",
    "",
    measuredTable(all, costs),
    "### The lakes",
    "",
    lakesTable(),
    "### Instances and hours",
    "",
    plansTable(costs),
    "### Requests and money",
    "",
    moneyTable(costs),
    "### Beside Azure Data Factory and the portal's tool",
    "",
    besideTable(costs),
  ].join("\n");
}

function measuredTable(all: readonly Measured[], costs: Costs): string {
  const from = all.map(({ command, date, commit }) => `\`${command}\` (${date.slice(0, 10)}, ${commit})`);
  return table(
    ["what", "figure"],
    [
      ["from", from.join("; ")],
      ["on", [...new Set(all.map(({ machine }) => machine))].join("; ")],
      ["client CPU until the first file", `${costs.startSeconds.toFixed(1)} s`],
      ["client CPU per request to a lake", `${costs.msPerRequest.toFixed(3)} ms`],
      ["client CPU per GB that passes", `${costs.secondsPerGB.toFixed(2)} s`],
      ["requests to the state tables per hour of a lane", whole(costs.tableRequestsPerLaneHour)],
      ["journal per file", `${whole(costs.journalBytesPerFile)} bytes`],
    ],
  );
}

function lakesTable(): string {
  return table(
    ["lake", "files by length", "folders", "requests at the source", "requests at the sink", "per file"],
    lakes.map((lake) => {
      const { requests } = estimateOf(lake, accounts[0]);
      const classes = classesOf(lake).map(({ files, bytes }) => `${whole(files)} × ${sized(bytes)}`);
      return [
        lake.name,
        classes.join(", "),
        whole(lake.files / assumed.filesPerFolder),
        `${millions(requests.source)} M`,
        `${millions(requests.sink)} M`,
        `${(requests.source / lake.files).toFixed(2)} + ${(requests.sink / lake.files).toFixed(2)}`,
      ];
    }),
  );
}

function plansTable(costs: Costs): string {
  const head = [
    "lake",
    "account",
    "plan",
    "instances",
    "hours",
    "bound by",
    "CPU hours",
    "files in flight in each",
    "app, USD",
  ];
  const lines = lakes.flatMap((lake) =>
    accounts.flatMap((account) => {
      const estimate = estimateOf(lake, account);
      return plans.map((plan) => {
        const { instances, hours, bound, cpuHours, app, inFlight } = carryingOf(costs, lake, estimate, plan);
        const cells = [String(instances), hours.toFixed(1), bound, whole(cpuHours), whole(inFlight), whole(app)];
        return [lake.name, account.name, plan.name, ...cells];
      });
    }),
  );
  return table(head, lines);
}

function moneyTable(costs: Costs): string {
  const [plan] = plans;
  const head = [
    "lake",
    "source requests",
    "sink requests",
    "transfer",
    "app",
    "sum",
    "storage per month",
    "state requests",
    "journal",
  ];
  const lines = lakes.map((lake) => {
    const estimate = estimateOf(lake, accounts[0]);
    const { sourceRequests, sinkRequests, transfer, storagePerMonth } = estimate.cost;
    const { instances, hours, app } = carryingOf(costs, lake, estimate, plan);
    const sum = sourceRequests + sinkRequests + transfer + app;
    const stateRequests = instances * lanesPerInstance * hours * costs.tableRequestsPerLaneHour;
    const money = [sourceRequests, sinkRequests, transfer, app, sum, storagePerMonth].map(whole);
    return [
      lake.name,
      ...money,
      `${millions(stateRequests)} M`,
      `${whole((costs.journalBytesPerFile * lake.files) / 1e9)} GB`,
    ];
  });
  return `${table(head, lines)}\nUSD, ${accounts[0].name}, ${plan.name}. Prices: ${samplePrices.note} (${samplePrices.date}).\n`;
}

/** host.json's maxConcurrentActivityFunctions. */
const lanesPerInstance = 10;

function besideTable(costs: Costs): string {
  const [plan] = plans;
  const lines = lakes.flatMap((lake) =>
    accounts.map((account) => {
      const estimate = estimateOf(lake, account);
      const ours = carryingOf(costs, lake, estimate, plan);
      const { gigabytesPerSecond, dataIntegrationUnits, unitHour, writesPerFile, portal } = published;
      const byBytes = lake.bytes / 1e9 / gigabytesPerSecond / 3600;
      const byWrites = (lake.files * writesPerFile) / account.requestsPerSecond / 3600;
      const hours = Math.max(byBytes, byWrites);
      const byPortal = Math.max(
        lake.bytes / 1e12 / portal.terabytesPerHour,
        lake.files / 1e6 / portal.millionItemsPerHour,
      );
      return [
        lake.name,
        account.name,
        `${ours.hours.toFixed(1)} h, ${whole(ours.app)} USD`,
        `${hours.toFixed(1)} h (${hours === byBytes ? "bytes" : "requests"}), ${whole(hours * dataIntegrationUnits * unitHour)} USD`,
        `${byPortal.toFixed(1)} h, free`,
        (hours / ours.hours).toFixed(1),
        (estimate.requests.sink / lake.files).toFixed(2),
        String(writesPerFile),
      ];
    }),
  );
  const head = [
    "lake",
    "account",
    "lakeferry",
    "Data Factory",
    "portal's tool",
    "Data Factory ÷ lakeferry, hours",
    "sink requests per file",
    "Data Factory's",
  ];
  return table(head, lines);
}

function sized(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1 ? `${whole(bytes / 1024)} KiB` : `${whole(mebibytes)} MiB`;
}

function millions(count: number): string {
  return whole(count / 1e6);
}
