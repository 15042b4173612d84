import { textOf } from "./api.ts";
import { patiently } from "./patience.ts";
import type { Session } from "./session.ts";

/** Prints an answer that comes in pages, each leading to the next one; a page is whole, or it is asked for again. */
export async function printPages(session: Session, path: string, query: URLSearchParams): Promise<void> {
  const { world } = session;
  const pageAt = async (asked: string) => {
    const reply = await session.reply(`${path}${asked}`);
    return { text: await textOf(reply, path), link: reply.headers.get("link") ?? "" };
  };
  const never = new AbortController().signal;
  let page = await pageAt(`?${query.toString()}`);
  for (;;) {
    await world.out(page.text);
    // Only what is asked for is taken from the link: the app may know itself by another address.
    const next = /<([^>]+)>; rel="next"/u.exec(page.link)?.[1];
    if (next === undefined) return;
    const { search } = new URL(next, "http://app");
    page = await patiently(world, () => pageAt(search), never, "what was printed is not all of it");
  }
}
