import { type App, openApp } from "../src/app/app.ts";
import { type Health, healthOf, healthWithout } from "../src/app/health.ts";
import { isLakeError, type LakeError } from "../src/core/error.ts";

type Opened = { readonly app: App; readonly health: Health } | { readonly wrong: LakeError; readonly health: Health };

const opened = open();

/** The setting that keeps the app of this process from running; undefined when it runs. */
export const wrong: LakeError | undefined = "wrong" in opened ? opened.wrong : undefined;

/** How the app of this process is. */
export const health: Health = opened.health;

/** The application of this process. Without one, whoever reaches for it learns which setting is wrong. */
export const app: App = "app" in opened ? opened.app : absent(opened.wrong);

// A host whose app throws while it is loaded can't tell anybody why: the app says so itself, and does nothing else.
function open(): Opened {
  try {
    const app = openApp(process.env, (event, fields) => {
      console.info(JSON.stringify({ event, ...fields }));
    });
    return { app, health: healthOf(app) };
  } catch (error) {
    if (!isLakeError(error)) throw error;
    console.error(JSON.stringify({ event: "app.stopped", setting: error.path, detail: error.detail }));
    return { wrong: error, health: healthWithout(error) };
  }
}

function absent(error: LakeError): App {
  return new Proxy({} as App, {
    get: () => {
      throw error;
    },
  });
}
