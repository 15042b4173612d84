/** One value as host and worker exchange it; exactly one key is set. */
export type TypedData = {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
};

/** Protobuf's way to say that a string is there. */
export type Nullable = { readonly value: string };

/** A Set-Cookie header in parts. */
export type Cookie = {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable;
  readonly path?: Nullable;
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly sameSite?: string;
  readonly maxAge?: { readonly value: number };
};

/** A request on the way in, an answer on the way out. */
export type HttpData = {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, Nullable>>;
  readonly nullableParams?: Readonly<Record<string, Nullable>>;
  readonly nullableQuery?: Readonly<Record<string, Nullable>>;
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly Cookie[];
  readonly body?: TypedData;
};

/** One trigger, input or output of a function, as registered. */
export type Binding = {
  readonly name: string;
  readonly type: string;
  readonly direction: "in" | "out";
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
  readonly schedule?: string;
  readonly runOnStartup?: boolean;
  readonly useMonitor?: boolean;
};

/** A function as the app registered it. */
export type Metadata = {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
};

/** The app's own code. */
export type Handler = (...args: unknown[]) => unknown;

/** The value of one input binding. */
export type Input = { readonly name: string; readonly data: TypedData | undefined };

/** What the host tells the library about one invocation. */
type CoreContext = {
  readonly invocationId: string;
  readonly metadata: Metadata;
  state: string;
  log(level: string, category: string, message: string): void;
  readonly request: {
    readonly invocationId: string;
    readonly functionId: string;
    readonly inputData: readonly Input[];
    readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  };
};

/** What the library hands back after one invocation. */
export type Response = {
  readonly invocationId: string;
  readonly outputData?: readonly Input[];
  readonly returnValue?: TypedData | null;
};

/** The library's steps of one invocation. */
export type InvocationModel = {
  getArguments(): Promise<{ readonly context: object; readonly inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], handler: Handler): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<Response>;
};

/** The library, as it introduces itself to the host. */
export type ProgrammingModel = {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreContext): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
};

/** A value as the JSON text Durable stores; nothing at all is "null". */
export function jsonOf(data: TypedData | null | undefined): string {
  if (data?.json !== undefined) return data.json;
  if (data?.string !== undefined) return JSON.stringify(data.string);
  if (data?.bytes !== undefined) return JSON.stringify(Buffer.from(data.bytes).toString("base64"));
  return JSON.stringify(data?.int ?? data?.double ?? null);
}
