/** What a credential may do; each role includes the ones before it. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** Who asks, from the verified credential only. Every read and write of a tenant's data takes one. */
export interface TenantContext {
  readonly tenant: string;
  readonly actor: string;
  readonly role: Role;
}

export function mayActAs(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}
