import type { Call } from "./call.ts";
import type { Content, Piece } from "./store.ts";

/** The pieces that are to become a file's content, and the ETag of the file they were chosen for. */
export type Choice = { readonly pieces: readonly Piece[]; readonly etag: string | undefined };

/**
 * Joins the pieces that `choose` names and commits them in one step; starts over when another writer has changed the choice
 * while bytes were copied.
 */
export async function assemble<C extends Choice, T>(
  call: Call,
  choose: () => C,
  commit: (content: Content, choice: C) => T,
): Promise<T> {
  for (;;) {
    const choice = choose();
    const content = await join(call, choice, choose);
    if (content === undefined) continue;
    try {
      if (isSame(choice, choose())) return commit(content, choice);
    } catch (error) {
      letGo(call, content, choice);
      throw error;
    }
    letGo(call, content, choice);
  }
}

// Copying fails when another writer has let a piece go: no failure of this request, but a reason to choose again.
async function join(call: Call, choice: Choice, choose: () => Choice): Promise<Content | undefined> {
  try {
    return await call.lake.store.join(choice.pieces);
  } catch (error) {
    if (isSame(choice, choose())) throw error;
    return undefined;
  }
}

// A single staged piece is not copied: it stays with the path until a commit succeeds.
function letGo(call: Call, content: Content, choice: Choice): void {
  if (!choice.pieces.some((piece) => piece.from === content)) call.lake.store.discard(content);
}

function isSame(a: Choice, b: Choice): boolean {
  return (
    a.etag === b.etag &&
    a.pieces.length === b.pieces.length &&
    a.pieces.every((piece, index) => piece.from === b.pieces[index]?.from)
  );
}
