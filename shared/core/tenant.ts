/** What a credential of a person or program may do; each role includes the ones before it. */
export const ladder = ["viewer", "operator", "admin"] as const;

/** `worker` may fetch, beat and complete attempts, and nothing else. */
export const roles = ["worker", ...ladder] as const;
export type Role = (typeof roles)[number];

/** Who asks, from the verified credential only. Every read and write of a tenant's data takes one. */
export interface TenantContext {
  readonly tenant: string;
  readonly actor: string;
  readonly role: Role;
}

export function mayActAs(held: Role, needed: Role): boolean {
  if (held === "worker") return needed === "worker";
  // Whoever operates the yard may also run a worker.
  const least = needed === "worker" ? "operator" : needed;
  return ladder.indexOf(held) >= ladder.indexOf(least);
}
