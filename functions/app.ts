import { openApp } from "../src/app/app.ts";

/** The application of this process. Wrong settings stop the app at start, naming the setting. */
export const app = openApp(process.env, (event, fields) => {
  console.info(JSON.stringify({ event, ...fields }));
});
