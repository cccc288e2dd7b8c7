import * as z from "zod";
import type { Rejection } from "../../../shared/core/errors.ts";
import { TerminalError } from "../../../shared/core/errors.ts";
import { type Role, roles, type TenantContext } from "../../../shared/core/tenant.ts";
import { Name } from "../../../shared/core/texts.ts";

export interface AuthenticationOptions {
  /** Tenant of SigV4 callers, and of token holders when tokens name none. */
  readonly defaultTenant: string;
  /** Claim that names the tenant; with it, a token without that claim is refused. */
  readonly tenantClaim?: string | undefined;
  readonly roleClaim: string;
  readonly rolePrefix: string;
  /** `role=arn` pairs with commas between; `*` may end an ARN; the first match counts. */
  readonly iamRoles: string;
}

export type Authentication =
  | { readonly outcome: "known"; readonly context: TenantContext }
  | { readonly outcome: "refused"; readonly rejection: Rejection };

/**
 * What API Gateway says of the caller once an authorizer has verified the credential (payload format
 * 2.0). It is never taken from headers or the body: only API Gateway writes the request context.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const VerifiedCaller = z.object({
  requestContext: z.object({
    authorizer: z
      .object({
        iam: z.object({ userArn: z.string().min(1).max(2_048) }).nullish(),
        jwt: z.object({ claims: z.record(z.string(), z.unknown()) }).nullish(),
      })
      .nullish(),
  }),
});

/** Makes the function that says who sent an event of an HTTP API: tenant, actor and role. */
export function openAuthentication(
  options: AuthenticationOptions,
): (event: unknown) => Authentication {
  const rolesOfArns = parseIamRoles(options.iamRoles);
  return (event) => {
    const caller = VerifiedCaller.safeParse(event);
    const { iam, jwt } = caller.data?.requestContext.authorizer ?? {};
    if (iam) return ofSigner(options, rolesOfArns, iam.userArn);
    if (jwt) return ofToken(options, jwt.claims);
    return refused("unauthenticated", "the request carries neither a signature nor a token");
  };
}

function ofSigner(
  { defaultTenant }: AuthenticationOptions,
  rolesOfArns: readonly RoleOfArn[],
  userArn: string,
): Authentication {
  const role = rolesOfArns.find(({ matches }) => matches(userArn))?.role;
  if (role === undefined) return refused("forbidden", `${userArn} has no role here`);
  return known(defaultTenant, userArn, role);
}

function ofToken(
  options: AuthenticationOptions,
  claims: Readonly<Record<string, unknown>>,
): Authentication {
  const actor = textClaim(claims, "sub") ?? textClaim(claims, "client_id");
  if (actor === undefined) return refused("unauthenticated", "the token names no subject");
  const { tenantClaim, roleClaim } = options;
  const tenant = tenantClaim === undefined ? options.defaultTenant : textClaim(claims, tenantClaim);
  if (tenant === undefined) {
    return refused("forbidden", `the token has no claim "${tenantClaim}", which names the tenant`);
  }
  if (!Name.safeParse(tenant).success) {
    return refused("forbidden", `the token's claim "${tenantClaim}" is not a tenant's name`);
  }
  const role = highestRole(claims[roleClaim], options.rolePrefix);
  if (role === undefined) {
    const names = roles.map((name) => options.rolePrefix + name).join(", ");
    return refused("forbidden", `the token's claim "${roleClaim}" holds none of ${names}`);
  }
  return known(tenant, actor, role);
}

function textClaim(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === "string" && value !== "" && value.length <= 256 ? value : undefined;
}

/** API Gateway hands lists over as one text, "[a b]"; issuers also join names with spaces or commas. */
function highestRole(value: unknown, prefix: string): Role | undefined {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
  const held = new Set(text.replace(/^\[|\]$/g, "").split(/[\s,]+/));
  return roles.toReversed().find((role) => held.has(prefix + role));
}

interface RoleOfArn {
  readonly role: Role;
  matches(arn: string): boolean;
}

function parseIamRoles(text: string): readonly RoleOfArn[] {
  return text.split(",").map((pair) => {
    const [name = "", pattern = ""] = pair.split("=", 2).map((part) => part.trim());
    const role = roles.find((known) => known === name);
    const start = pattern.endsWith("*") ? pattern.slice(0, -1) : undefined;
    if (role === undefined || pattern === "" || (start ?? pattern).includes("*")) {
      throw new TerminalError(
        `IAM_ROLES: "${pair}" is not a role (${roles.join(", ")}), "=" and an ARN that may end in "*".`,
      );
    }
    return {
      role,
      matches: (arn) => (start === undefined ? arn === pattern : arn.startsWith(start)),
    };
  });
}

function known(tenant: string, actor: string, role: Role): Authentication {
  return { outcome: "known", context: { tenant, actor, role } };
}

function refused(code: "unauthenticated" | "forbidden", detail: string): Authentication {
  return { outcome: "refused", rejection: { code, detail } };
}
