/** One of a crowd, and where it stands. */
export type Member<T> = { readonly one: T; at: number };

/**
 * Things that come and go by the thousand, in no order.
 *
 * A Set would hold on to them. V8 links each table that a Set has outgrown to the next one, with whatever stood in it then; once
 * such a table is old, all later ones and what they held are kept until the whole heap is looked through. For requests, that
 * made garbage collection half of what a small file costs (docs/speed.md).
 */
export type Crowd<T> = {
  readonly enter: (one: T) => Member<T>;
  /** True unless it had left before. */
  readonly leave: (member: Member<T>) => boolean;
  readonly size: () => number;
  /** All who are in it now; it may change while they are gone through. */
  readonly members: () => readonly Member<T>[];
};

const gone = -1;

/** Nobody yet. */
export function openCrowd<T>(): Crowd<T> {
  const members: Member<T>[] = [];
  return {
    enter: (one) => {
      const member = { one, at: members.length };
      members.push(member);
      return member;
    },
    // The last one takes the place that is free.
    leave: (member) => {
      const { at } = member;
      if (at === gone) return false;
      member.at = gone;
      const last = members.pop();
      if (last === undefined || last === member) return true;
      members[at] = last;
      last.at = at;
      return true;
    },
    size: () => members.length,
    members: () => [...members],
  };
}
