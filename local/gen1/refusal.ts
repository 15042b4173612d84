/** Why the lake doesn't do what it was asked to. */
export type RefusalKind =
  | "missing"
  | "denied"
  | "exists"
  | "bad-offset"
  | "bad-argument"
  | "unsupported"
  | "unauthorized"
  | "leased"
  | "io";

/** A refusal that the client is told; the detail goes into the message. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, detail: string) {
    super(detail);
    this.kind = kind;
  }
}
