import * as z from "zod";

/** What every function is told. */
const common = {
  TABLE_NAME: z.string().min(3),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
};

/** For functions that send hints to the dispatcher. */
const hinting = {
  DISPATCH_QUEUE_URL: z.url(),
  /**
   * Whether hints name their tenant as message group, so that SQS keeps a noisy tenant from holding
   * up the others. Costs a quarter more per request; useless where there is only one tenant.
   */
  FAIR_QUEUE: z.enum(["on", "off"]).default("on"),
};

/** Environment of the Lambda functions: written by infra/, parsed once at init by each handler. */
export const environmentSchemas = {
  api: z.object({
    ...common,
    ...hinting,
    /** Tenant of SigV4 callers, and of token holders where no TENANT_CLAIM is set. */
    DEFAULT_TENANT: z.string().min(1),
    /** Claim that names the tenant; when it is set, a token without it is refused. */
    TENANT_CLAIM: z.string().min(1).optional(),
    /** Claim that holds the role: one name or a list of them, of which the highest counts. */
    ROLE_CLAIM: z.string().min(1).default("switchyard_role"),
    /** What a value of the role claim starts with, where the claim also holds other names. */
    ROLE_PREFIX: z.string().default(""),
    /** Roles of SigV4 callers as `role=arn` pairs with commas between; `*` may end an ARN; first match. */
    IAM_ROLES: z.string().min(1).default("admin=*"),
    LAMBDA_LOG_GROUP_PREFIX: z.string().default("/aws/lambda/"),
  }),
  /** Consumes the dispatch queue, so it has no way to feed it. */
  dispatch: z.object({
    ...common,
    /** Functions of other accounts are refused. */
    ACCOUNT_ID: z.string().regex(/^\d{12}$/),
    /** Functions whose name starts with this are the control plane's own and are refused. */
    CONTROL_PLANE_FUNCTION_PREFIX: z.string().min(1),
  }),
  complete: z.object({ ...common, ...hinting }),
  timekeeper: z.object({ ...common, ...hinting }),
  observe: z.object({
    ...common,
    EVENT_BUS_NAME: z.string().min(1),
    STATE_EVENTS: z.enum(["terminal", "all", "none"]).default("terminal"),
  }),
} as const;

/** The Lambda functions of the control plane; each is a folder of functions/ and a bundle in dist/lambda/. */
export const functionNames = ["api", "dispatch", "complete", "timekeeper", "observe"] as const;
export type FunctionName = (typeof functionNames)[number];
