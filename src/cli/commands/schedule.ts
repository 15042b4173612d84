import type { Command } from "commander";
import { Refused, type Schedule, type ScheduleList } from "../api.ts";
import { type Cli, examples, gather } from "../cli.ts";
import { exitCodes } from "../outcome.ts";
import { changesOf, type Json, readSpec, withChanges } from "../request.ts";
import type { Session } from "../session.ts";
import { fact, printable, tableText } from "../words.ts";

type SetOptions = {
  readonly spec?: string;
  readonly cron?: string;
  readonly delta?: string;
  readonly watermark?: string;
  readonly set?: readonly string[];
};

/** `schedule`: requests that are started again and again. */
export function addSchedule(program: Command, cli: Cli): void {
  const schedule = program.command("schedule").description("start a request again and again, as deltas");

  examples(
    schedule
      .command("set <name>")
      .description("make a schedule, or change parts of one")
      .option("--spec <file>", "all of it as JSON, the body of PUT /api/schedules/{name}; - reads standard input")
      .option("--cron <expression>", "six fields, seconds first, in UTC")
      .option("--delta <how>", "modified: what is newer than the watermark; compare: all names")
      .option("--watermark <time>", 'what is older counts as copied, as 2026-11-26T02:00:00Z; "none" forgets it')
      .option("--set <property=value>", "any property, as --set request.sink.fileSystem=lake; may be repeated", gather),
    [
      ['schedule set nightly --cron "0 0 2 * * *" --set request.sink.fileSystem=lake', "each night at two"],
      ["schedule set nightly --set enabled=false", "start nothing for a while"],
    ],
  ).action((name: string, options: SetOptions, command: Command) =>
    cli.run(command, async (session) => {
      const { spec, cron, delta, watermark, set = [] } = options;
      const base = spec === undefined ? await presentOf(session, name) : await readSpec(spec, session.world.input);
      const body = withChanges(base, [
        ["cron", cron],
        ["delta", delta],
        ["watermark", watermark === "none" ? null : watermark],
        ...changesOf(set),
      ]);
      const shown = await session.call<Schedule>("PUT", pathOf(name), body);
      await session.print(shown, () => scheduleText(shown));
      return exitCodes.ok;
    }),
  );

  schedule
    .command("list")
    .description("list schedules by name")
    .action((_: object, command: Command) =>
      cli.run(command, async (session) => {
        const list = await session.call<ScheduleList>("GET", "/schedules");
        await session.print(list, () => listText(list));
        return exitCodes.ok;
      }),
    );

  schedule
    .command("show <name>")
    .description("show a schedule: watermark, next time, and what became of the last slots")
    .action((name: string, _: object, command: Command) =>
      cli.run(command, async (session) => {
        const shown = await session.call<Schedule>("GET", pathOf(name));
        await session.print(shown, () => scheduleText(shown));
        return exitCodes.ok;
      }),
    );

  schedule
    .command("remove <name>")
    .description("remove a schedule; a live run of it goes on")
    .action((name: string, _: object, command: Command) =>
      cli.run(command, async (session) => {
        await session.call<undefined>("DELETE", pathOf(name));
        await session.print({ name }, () => `Schedule ${name}: removed`);
        return exitCodes.ok;
      }),
    );
}

function pathOf(name: string): string {
  return `/schedules/${encodeURIComponent(name)}`;
}

// What can be set of a schedule as it is; of a new one nothing.
async function presentOf(session: Session, name: string): Promise<Json> {
  try {
    const { cron, request, delta, overlapMinutes, enabled } = await session.call<Schedule>("GET", pathOf(name));
    return { cron, request, delta, overlapMinutes, enabled };
  } catch (error) {
    if (error instanceof Refused && error.problem?.code === "not-found") return {};
    throw error;
  }
}

function listText({ schedules, unreadable = [] }: ScheduleList): string {
  const rows = schedules.map(({ name, cron, enabled, nextTime, watermark, current }) => [
    name,
    cron,
    enabled ? (nextTime ?? "-") : "off",
    watermark ?? "-",
    current?.run ?? "-",
  ]);
  return [
    tableText([["NAME", "CRON", "NEXT", "WATERMARK", "LIVE RUN"], ...rows]),
    ...unreadable.map(({ id, detail }) => `${id}  can't be read: ${printable(detail)}`),
  ].join("\n");
}

function scheduleText(schedule: Schedule): string {
  const { name, cron, delta, overlapMinutes, enabled, nextTime, watermark, current, history } = schedule;
  return [
    `Schedule ${name}: ${enabled ? cron : `off (${cron})`}`,
    fact("next", nextTime ?? "-"),
    fact("delta", delta === "modified" ? `modified, ${overlapMinutes} min before the watermark` : delta),
    fact("watermark", watermark ?? "none: the next run looks at everything"),
    ...(current === undefined ? [] : [fact("live run", current.run)]),
    ...history.map(({ slot, lastSlot, outcome, run, detail }) =>
      fact(
        "slot",
        [slot, lastSlot === undefined ? "" : `to ${lastSlot}`, outcome, run ?? "", detail ?? ""]
          .filter((text) => text !== "")
          .join(" "),
      ),
    ),
  ].join("\n");
}
