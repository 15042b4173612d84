/** A time as people and JSON have it, in ISO 8601; a lake may hold times that no calendar has. */
export function isoTime(ms: number): string {
  // oxlint-disable-next-line no-restricted-globals -- a format, not the clock
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? String(ms) : time.toISOString();
}
