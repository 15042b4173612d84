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

/** People, groups and apps of the sample lake. The loader was removed long ago: nobody can name it any more. */
export const sampleIds = {
  analysts: "5f0c1b1e-1111-4000-8000-616e616c7973",
  auditor: "5f0c1b1e-2222-4000-8000-617564697400",
  loader: "5f0c1b1e-3333-4000-8000-6c6f61646572",
  payroll: "5f0c1b1e-4444-4000-8000-706179726f6c",
} as const;

/** Names of the default owner and group, and of those in the sample lake who are still there. */
export const defaultPrincipals: Principals = new Map<string, string>([
  [defaultOwner, "user@contoso.com"],
  [defaultGroup, "lake-users"],
  [sampleIds.analysts, "analysts"],
  [sampleIds.auditor, "auditor@contoso.com"],
  [sampleIds.payroll, "payroll"],
]);

/** Access of a name that nobody has changed: 770 for the default owner and group. */
export const defaultAccess: Access = {
  owner: defaultOwner,
  group: defaultGroup,
  acl: aclOfMode(0o770),
  isSticky: false,
  expiresMs: 0,
};
