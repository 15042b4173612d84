import { type Acl, aclOfMode } from "../kit/acl.ts";

/** What a lake keeps of a name besides its content: who owns it, who may do what, and until when it lives. */
export type Access = {
  readonly owner: string;
  readonly group: string;
  readonly acl: Acl;
  readonly isSticky: boolean;
  /** 0: never expires. */
  readonly expiresMs: number;
};

/** Object id that owns what no one else owns. */
export const defaultOwner = "9a23860e-0000-4000-8000-6c616b656665";

/** Object id of the group of what has no other. */
export const defaultGroup = "2e6c02d2-0000-4000-8000-6c616b656665";

/** Names shown for object ids when a caller asks with tooid=false. */
export type Principals = ReadonlyMap<string, string>;

/** The names of the default owner and group. */
export const defaultPrincipals: Principals = new Map([
  [defaultOwner, "user@contoso.com"],
  [defaultGroup, "lake-users"],
]);

/** Access of a name that nobody has changed: 770 for the default owner and group. */
export const defaultAccess: Access = {
  owner: defaultOwner,
  group: defaultGroup,
  acl: aclOfMode(0o770),
  isSticky: false,
  expiresMs: 0,
};
