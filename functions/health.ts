import { health } from "./app.ts";
import { serve } from "./serve.ts";

serve("getHealth", async () => {
  const word = await health.word();
  return { status: word === "ok" ? 200 : 503, headers: { "content-type": "text/plain" }, body: word };
});

serve("getHealthDetails", async () => ({ status: 200, body: await health.details() }));
