import { describe, expect, it } from "vitest";
import {
  type AuthenticationOptions,
  openAuthentication,
} from "../../functions/adapters/aws/authenticate.ts";
import { httpEvent, machineCaller, personCaller } from "./lambda-events.ts";

const options: AuthenticationOptions = {
  defaultTenant: "default",
  roleClaim: "switchyard_role",
  rolePrefix: "",
  iamRoles: "admin=*",
};

function authenticate(authorizer: object | null, more: Partial<AuthenticationOptions> = {}) {
  const event = httpEvent({ method: "GET", path: "/v1/tasks", authorizer });
  return openAuthentication({ ...options, ...more })(event);
}

const claims = { sub: "user-1", switchyard_role: "operator" };
const arn = machineCaller.iam.userArn;

describe("callers who sign their requests", () => {
  it("are known by their ARN, in the default tenant", () => {
    const context = { tenant: "default", actor: arn, role: "admin" };
    expect(authenticate(machineCaller)).toEqual({ outcome: "known", context });
  });

  it("have the role of the first pair that fits", () => {
    const iamRoles = `admin=arn:aws:sts::123456789012:assumed-role/Deployer/*, viewer=*`;
    expect(authenticate(machineCaller, { iamRoles })).toMatchObject({ context: { role: "admin" } });
    const other = { iam: { userArn: "arn:aws:iam::123456789012:user/dashboard" } };
    expect(authenticate(other, { iamRoles })).toMatchObject({ context: { role: "viewer" } });
  });

  it("are refused when no pair fits, even one that only begins alike", () => {
    const iamRoles = "admin=arn:aws:sts::123456789012:assumed-role/Deploy";
    expect(authenticate(machineCaller, { iamRoles })).toMatchObject({
      outcome: "refused",
      rejection: { code: "forbidden" },
    });
  });

  it.each(["", "admin", "root=*", "admin=", "admin=arn:*:x", "viewer=*,"])(
    "cannot be configured by %j",
    (iamRoles) => {
      expect(() => openAuthentication({ ...options, iamRoles })).toThrow("IAM_ROLES");
    },
  );
});

describe("callers with a token", () => {
  it("are known by their subject", () => {
    const context = { tenant: "default", actor: "user-1", role: "operator" };
    expect(authenticate(personCaller(claims))).toEqual({ outcome: "known", context });
  });

  it("belong to the tenant that the configured claim names, and to no other", () => {
    const known = authenticate(personCaller({ ...claims, org: "acme" }), { tenantClaim: "org" });
    expect(known).toMatchObject({ context: { tenant: "acme" } });
    const missing = authenticate(personCaller(claims), { tenantClaim: "org" });
    expect(missing).toMatchObject({ outcome: "refused", rejection: { code: "forbidden" } });
  });

  it.each(["a#b", "", "../x", "x".repeat(64), "ünal"])("cannot be of a tenant %j", (org) => {
    const answer = authenticate(personCaller({ ...claims, org }), { tenantClaim: "org" });
    expect(answer).toMatchObject({ outcome: "refused", rejection: { code: "forbidden" } });
  });

  it.each([
    ["viewer", "viewer"],
    ["[viewer admin]", "admin"],
    ["viewer,operator", "operator"],
    ["staff operator", "operator"],
  ])("with the role claim %j are %s", (value, role) => {
    const answer = authenticate(personCaller({ ...claims, switchyard_role: value }));
    expect(answer).toMatchObject({ context: { role } });
  });

  it.each(["", "administrator", "Admin", "superadmin", "admin_"])(
    "with the role claim %j have no role",
    (value) => {
      const answer = authenticate(personCaller({ ...claims, switchyard_role: value }));
      expect(answer).toMatchObject({ outcome: "refused", rejection: { code: "forbidden" } });
    },
  );

  it("need the prefix where the claim holds other names, too", () => {
    const groups = { roleClaim: "cognito:groups", rolePrefix: "switchyard-" };
    const of = (value: string) =>
      authenticate(personCaller({ sub: "user-1", "cognito:groups": value }), groups);
    expect(of("[admin switchyard-viewer]")).toMatchObject({ context: { role: "viewer" } });
    expect(of("[admin]")).toMatchObject({ outcome: "refused" });
  });

  it("must name a subject", () => {
    const answer = authenticate(personCaller({ switchyard_role: "admin" }));
    expect(answer).toMatchObject({ outcome: "refused", rejection: { code: "unauthenticated" } });
  });
});

describe("callers without a verified credential", () => {
  it.each([
    null,
    {},
    { iam: null },
    { jwt: null },
    { iam: { userArn: "" } },
    { lambda: { role: "admin" } },
  ])("are strangers when the authorizer said %j", (authorizer) => {
    const answer = authenticate(authorizer);
    expect(answer).toMatchObject({ outcome: "refused", rejection: { code: "unauthenticated" } });
  });

  it("cannot make themselves known through headers or the body", () => {
    const event = httpEvent({
      method: "POST",
      path: "/v1/instances",
      authorizer: null,
      headers: { authorization: "Bearer x", "x-tenant": "acme" },
      body: { requestContext: { authorizer: machineCaller } },
    });
    expect(openAuthentication(options)(event)).toMatchObject({ outcome: "refused" });
  });

  it.each([undefined, null, 7, "x", [], {}])("are strangers when the event is %j", (event) => {
    expect(openAuthentication(options)(event)).toMatchObject({ outcome: "refused" });
  });
});
