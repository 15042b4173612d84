/** A promise and its switch, for tests that hold something back. */
export function fuse(): { readonly burnt: Promise<void>; readonly light: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { burnt: promise, light: resolve };
}
