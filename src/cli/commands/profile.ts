import type { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import { UsageError } from "../outcome.ts";
import { appUrl, type Profile, profilesFile, readProfiles, writeProfiles } from "../profiles.ts";
import type { World } from "../world.ts";

type SetOptions = { readonly keyStdin?: boolean; readonly askKey?: boolean; readonly key?: boolean };

/** `profile`: function apps by names of one's own. */
export function addProfile(program: Command, cli: Cli): void {
  const profile = program.command("profile").description("keep the addresses and keys of function apps");
  const { world } = cli;

  examples(
    profile
      .command("set <name>")
      .description("keep an app; the first one is used when none is named")
      .option("--key-stdin", "read its function key from standard input")
      .option("--ask-key", "ask for its function key, unseen")
      .option("--no-key", "keep no key"),
    [
      ["profile set local --url http://127.0.0.1:7071", "the app of npm start -- --serve"],
      ["profile set prod --url https://contoso.azurewebsites.net --ask-key", "an app on Azure"],
    ],
  ).action((name: string, options: SetOptions, command: Command) =>
    cli.act(async () => {
      const { url, json } = command.optsWithGlobals<{ url?: string; json?: boolean }>();
      if (!/^[A-Za-z0-9][\w.-]{0,63}$/u.test(name))
        throw new UsageError(`profile "${name}": expected letters, digits, '.', '_' or '-'`);
      const { use, profiles } = readProfiles(world);
      const before = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
      if (url === undefined && before === undefined) throw new UsageError(`profile "${name}" is new: it needs --url`);
      const address = url === undefined ? (before?.url ?? "") : appUrl(url, "--url");
      const key = await keyFor(world, options, before?.url === address ? before : undefined);
      const kept = { url: address, ...(key === undefined ? {} : { key }) };
      writeProfiles(world, { use: use ?? name, profiles: { ...profiles, [name]: kept } });
      const shown = shownOf(name, kept, use ?? name);
      await world.out(json === true ? `${JSON.stringify(shown)}\n` : `${lineOf(shown)}\n`);
    }),
  );

  profile
    .command("list")
    .description("list the apps that are kept; keys are never shown")
    .action((_: object, command: Command) =>
      cli.act(async () => {
        const { use, profiles } = readProfiles(world);
        const shown = Object.entries(profiles).map(([name, kept]) => shownOf(name, kept, use));
        if (command.optsWithGlobals<{ json?: boolean }>().json === true) {
          await world.out(`${JSON.stringify({ file: profilesFile(world), profiles: shown })}\n`);
        } else {
          await world.out([`In ${profilesFile(world)}:`, ...shown.map(lineOf), ""].join("\n"));
        }
      }),
    );

  profile
    .command("use <name>")
    .description("use an app when none is named")
    .action((name: string) =>
      cli.act(async () => {
        const { profiles } = readProfiles(world);
        known(profiles, name);
        writeProfiles(world, { use: name, profiles });
      }),
    );

  profile
    .command("remove <name>")
    .description("forget an app and its key")
    .action((name: string) =>
      cli.act(async () => {
        const { use, profiles } = readProfiles(world);
        known(profiles, name);
        const { [name]: _, ...rest } = profiles;
        writeProfiles(world, { ...(use === undefined || use === name ? {} : { use }), profiles: rest });
      }),
    );
}

function known(profiles: Readonly<Record<string, Profile>>, name: string): void {
  if (!Object.hasOwn(profiles, name))
    throw new UsageError(`there is no profile "${name}"; known: ${Object.keys(profiles).join(", ")}`);
}

// A key stays with the address it was given for.
async function keyFor(
  world: World,
  { keyStdin, askKey, key }: SetOptions,
  before: Profile | undefined,
): Promise<string | undefined> {
  if (key === false) return undefined;
  if (keyStdin !== true && askKey !== true) return before?.key;
  const given = (keyStdin === true ? await world.input() : await world.ask("Function key: ")).trim();
  if (given === "" || /\s/u.test(given)) throw new UsageError("expected a function key, one line");
  return given;
}

type Shown = { readonly name: string; readonly url: string; readonly hasKey: boolean; readonly inUse: boolean };

function shownOf(name: string, { url, key }: Profile, use: string | undefined): Shown {
  return { name, url, hasKey: key !== undefined, inUse: name === use };
}

function lineOf({ name, url, hasKey, inUse }: Shown): string {
  return `${inUse ? "*" : " "} ${name}  ${url}  ${hasKey ? "with a key" : "without a key"}`;
}
