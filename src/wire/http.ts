import { Pool } from "undici";
import type { Dispatcher } from "undici";
import { onAbort } from "../core/abort.ts";
import { isLakeError, LakeError, messageOf } from "../core/error.ts";
import { type Deadlines, openDeadlines } from "./deadlines.ts";
import { readingInPlace } from "./reading.ts";
import type { Send, WireReply, WireRequest } from "./send.ts";

const maxReplyBytes = 64 * 1024 * 1024;
const empty = new Uint8Array(0);

/** The bottom of every stack: one connection pool for one origin. */
export type Http = { readonly send: Send; readonly close: () => Promise<void> };

/** Opens a pool of at most `connections` kept-alive connections. A connection that fails says "unavailable, later". */
export function openHttp(origin: string, connections: number): Http {
  // Time-outs are a layer's business, where they are per attempt and known to grow with the bytes expected. Each request
  // has a connection for itself.
  const times = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 };
  const pool = new Pool(origin, { connections, ...times, allowH2: false, connect: readingInPlace() });
  const deadlines = openDeadlines();
  return {
    send: (request) =>
      new Promise((resolve, reject) => new Exchange(request, deadlines, resolve, reject).dispatch(pool)),
    close: () => pool.destroy(),
  };
}

/**
 * One request and its reply, told by undici's parser directly: the streams and listeners of its `request` cost more than
 * the exchange itself. Whatever is told after the end is nobody's business any more.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: WireRequest;
  readonly #resolve: (reply: WireReply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #unlisten: () => void;
  readonly #inTime: (() => void) | undefined;
  #isOver = false;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #isReceived = false;
  #receiving: Promise<void> | undefined;
  #first: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #bytes = 0;

  constructor(
    request: WireRequest,
    deadlines: Deadlines,
    resolve: (reply: WireReply) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal, timeoutMs } = request;
    this.#unlisten = onAbort(signal, () => this.#giveUp(signal?.reason));
    this.#inTime = timeoutMs === undefined ? undefined : deadlines.add(timeoutMs, () => this.#giveUp(this.#late()));
  }

  dispatch(pool: Pool): void {
    const { target, method, headers, body, signal } = this.#request;
    if (signal?.aborted === true) return this.#fail(signal.reason);
    // Without `reset` undici closes the connection after every HEAD.
    pool.dispatch({ path: target, method, headers, body: body ?? null, reset: false }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while it waited for a connection.
    if (this.#isOver) controller.abort(new Error("given up"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = flat(headers);
    this.#isReceived = this.#request.receive !== undefined && status < 300;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#isOver) return;
    if (!this.#isReceived) return this.#keep(chunk);
    const before = this.#receiving;
    // Before a connection's end the parser tells all it has, paused or not; by its turn this would be overwritten.
    let busy: Promise<void> | undefined;
    try {
      busy = before === undefined ? this.#give(chunk) : this.#giveAfter(before, Buffer.from(chunk));
    } catch (error) {
      return this.#endWith(error);
    }
    if (busy === undefined) return;
    controller.pause();
    const receiving: Promise<void> = busy.then(
      () => {
        if (this.#receiving !== receiving) return;
        this.#receiving = undefined;
        controller.resume();
      },
      (error: unknown) => this.#endWith(error),
    );
    this.#receiving = receiving;
  }

  // What a receiver throws says more than that the connection broke meanwhile, and is nothing that asking again would help against.
  #endWith(thrown: unknown): void {
    this.#reject(thrown);
    this.#giveUp(thrown);
  }

  #give(chunk: Uint8Array): Promise<void> | undefined {
    return this.#isOver ? undefined : this.#request.receive?.(chunk);
  }

  async #giveAfter(before: Promise<void>, chunk: Uint8Array): Promise<void> {
    await before;
    await this.#give(chunk);
  }

  onResponseEnd(): void {
    // The receiver may still be busy with the last chunk.
    if (this.#receiving === undefined) this.#end();
    else void this.#receiving.then(() => this.#end());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #keep(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > maxReplyBytes) {
      const { op, path } = this.#request;
      throw new LakeError("unexpected", { op, path, detail: `the reply is longer than ${maxReplyBytes} bytes` });
    }
    // The connection reads on into the same memory.
    const kept = Buffer.from(chunk);
    if (this.#first === undefined) this.#first = kept;
    else (this.#more ??= [this.#first]).push(kept);
  }

  #end(): void {
    if (!this.#leave()) return;
    const body = this.#more === undefined ? (this.#first ?? empty) : Buffer.concat(this.#more, this.#bytes);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  #giveUp(reason: unknown): void {
    this.#fail(reason);
    this.#controller?.abort(new Error("given up"));
  }

  // Whoever hears of it may ask again at once: the receiver must be done with what it was given.
  #fail(cause: unknown): void {
    if (!this.#leave()) return;
    if (this.#receiving === undefined) this.#refuse(cause);
    else void this.#receiving.then(() => this.#refuse(cause));
  }

  #refuse(cause: unknown): void {
    const { signal, op, path, origin } = this.#request;
    if (isLakeError(cause) || (signal?.aborted === true && cause === signal.reason)) return this.#reject(cause);
    const detail = `no reply from ${origin}: ${messageOf(cause)}`;
    this.#reject(new LakeError("unavailable", { op, path, detail, retry: "later", cause }));
  }

  #late(): LakeError {
    const { op, path, timeoutMs } = this.#request;
    return new LakeError("unavailable", { op, path, detail: `no reply within ${timeoutMs} ms`, retry: "later" });
  }

  // True the first time.
  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#unlisten();
    this.#inTime?.();
    return true;
  }
}

// The parser's own object, in which nothing is undefined, with what came several times put together.
function flat(headers: Record<string, string | string[] | undefined>): Readonly<Record<string, string>> {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) headers[name] = value.join(", ");
  }
  return headers as Record<string, string>;
}
