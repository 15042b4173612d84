import type { Send, WireReply, WireRequest } from "../../src/wire/send.ts";

/** A request that may be repeated, with what a test changes. */
export function wireRequest(changes: Partial<WireRequest> = {}): WireRequest {
  return {
    op: "OPEN",
    path: "/x",
    method: "GET",
    origin: "http://127.0.0.1:1",
    target: "/x",
    headers: {},
    safe: true,
    ...changes,
  };
}

/** A reply. */
export function wireReply(status: number, headers: Record<string, string> = {}, body = ""): WireReply {
  return { status, headers, body: Buffer.from(body) };
}

/** A bottom that answers with these, one after another; throws what isn't a reply. Remembers what it was asked. */
export function scripted(...answers: readonly (WireReply | Error)[]): {
  readonly send: Send;
  readonly asked: WireRequest[];
} {
  const asked: WireRequest[] = [];
  return {
    asked,
    send: async (request) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(request);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("no answer left");
      return answer;
    },
  };
}
