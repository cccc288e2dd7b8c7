import type { Rejection } from "../../../shared/core/errors.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import { type AuthenticationOptions, openAuthentication } from "../../adapters/aws/authenticate.ts";
import type { EnvironmentOf } from "./environment.ts";

/** Who sent which request. The request itself is the key, so nothing in it can claim to be another. */
export interface Callers {
  /** Notes what the event of a request says of its caller. */
  introduce(request: Request, event: unknown): void;
  authenticate(request: Request): TenantContext | Rejection;
}

export function openCallers(environment: EnvironmentOf<"api">): Callers {
  const options: AuthenticationOptions = {
    defaultTenant: environment.DEFAULT_TENANT,
    tenantClaim: environment.TENANT_CLAIM,
    roleClaim: environment.ROLE_CLAIM,
    rolePrefix: environment.ROLE_PREFIX,
    iamRoles: environment.IAM_ROLES,
  };
  const authenticationOf = openAuthentication(options);
  const known = new WeakMap<Request, TenantContext | Rejection>();
  return {
    introduce(request, event) {
      const answer = authenticationOf(event);
      known.set(request, answer.outcome === "known" ? answer.context : answer.rejection);
    },
    authenticate(request) {
      const stranger: Rejection = {
        code: "unauthenticated",
        detail: "the request did not come through the API's front door",
      };
      return known.get(request) ?? stranger;
    },
  };
}
