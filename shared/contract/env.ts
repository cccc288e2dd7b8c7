import * as z from "zod";

/** What every function is told. */
const common = {
  TABLE_NAME: z.string().min(3),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  /** Written on metrics and on what is made outside, so that several control planes of an account keep apart. */
  STAGE: z.string().min(1),
};

/** For functions that send hints to the dispatcher. */
const hinting = {
  DISPATCH_QUEUE_URL: z.url(),
  /**
   * What hints name as message group, so that SQS keeps a noisy one from holding up the others: their
   * tenant, or their lane where there is only one tenant. Costs a quarter more per request. Older
   * deployments say "on" for the tenant.
   */
  FAIR_QUEUE: z
    .enum(["tenant", "lane", "off", "on"])
    .default("tenant")
    .transform((fair) => (fair === "on" ? "tenant" : fair)),
};

/** For functions that deal with inputs and outputs which travel by reference. */
const payloads = {
  /** Absent: nothing travels by reference. */
  PAYLOAD_BUCKET: z.string().min(3).optional(),
};

/** For functions that decide where attempts go, or start them. */
const routing = {
  /** Settings of the adapter for Function Compute of Alibaba Cloud, as JSON; absent: there is none. */
  ALICLOUD_FC_CONFIG: z.string().optional(),
  /** Whether containers can run on Fargate here. */
  FARGATE: z.enum(["on", "off"]).default("off"),
  /** Whether first tries may run on Spot capacity. */
  FARGATE_SPOT: z.enum(["on", "off"]).default("off"),
  /** What the names of the pools' doorbell queues start with, as a URL. */
  POOL_QUEUE_PREFIX: z.url().optional(),
};

/** For functions that take in events, and say on the bus which of them they refused. */
const announcing = {
  EVENT_BUS_NAME: z.string().min(1),
};

/** For functions that ask others to look at records; what is absent is left to the timekeeper. */
const recordHinting = {
  INTAKE_QUEUE_URL: z.url().optional(),
  /** Name of the function that mirrors schedules and triggers to EventBridge. */
  MIRROR_FUNCTION: z.string().optional(),
  /** Name of the function that delivers webhooks. */
  WEBHOOK_FUNCTION: z.string().optional(),
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
    ...payloads,
    ...routing,
    /** Lent to workers that wait on their pool's queue. */
    POOL_LISTENER_ROLE_ARN: z.string().optional(),
    /** The pools that have a queue, as `tenant-pool` with commas between; absent: all of them. */
    POOL_QUEUES: z.string().optional(),
    /** Name of the function that deploys functions; absent: nothing can be deployed. */
    DEPLOYER_FUNCTION: z.string().optional(),
    ...recordHinting,
    ...announcing,
    /** The secret that the keys of webhooks follow from, to show them; absent: there are no webhooks. */
    WEBHOOK_SECRET: z.string().min(1).optional(),
    /** Where deployed functions log, if not in groups of their own. */
    FUNCTION_LOG_GROUP: z.string().optional(),
  }),
  /** Consumes the dispatch queue, so it has no way to feed it. */
  dispatch: z.object({
    ...common,
    /** Functions of other accounts are refused. */
    ACCOUNT_ID: z.string().regex(/^\d{12}$/),
    /** Functions whose name starts with this are the control plane's own and are refused. */
    CONTROL_PLANE_FUNCTION_PREFIX: z.string().min(1),
    ...payloads,
    ...routing,
    /** Where containers run; all of these or none. */
    CLUSTER_ARN: z.string().optional(),
    /** Ids, separated by commas. */
    FARGATE_SUBNETS: z.string().optional(),
    FARGATE_SECURITY_GROUPS: z.string().optional(),
    /** The task definition of the runner. */
    RUNNER_FAMILY: z.string().optional(),
    /** The same for functions in Python; absent: there is none. */
    RUNNER_FAMILY_PYTHON: z.string().min(1).optional(),
    /** Users' own containers are those whose family starts with this. */
    TASK_FAMILY_PREFIX: z.string().optional(),
    /** Where containers report to. */
    API_URL: z.url().optional(),
  }),
  complete: z.object({
    ...common,
    ...hinting,
    ...payloads,
    /** Events of other clusters are none of ours. */
    CLUSTER_ARN: z.string().optional(),
  }),
  timekeeper: z.object({
    ...common,
    ...hinting,
    /** Asked again for deployments that have no outcome. */
    DEPLOYER_FUNCTION: z.string().optional(),
    ...recordHinting,
  }),
  /** The only one that may create functions; deployed only where that is wanted. */
  deploy: z.object({
    ...common,
    ACCOUNT_ID: z.string().regex(/^\d{12}$/),
    /** Functions whose name starts with this are the control plane's own and are refused. */
    CONTROL_PLANE_FUNCTION_PREFIX: z.string().min(1),
    PAYLOAD_BUCKET: z.string().min(3),
    /** What deployed functions may do; the only role that may be passed on. */
    FUNCTION_ROLE_ARN: z.string().startsWith("arn:"),
    COMPLETION_QUEUE_ARN: z.string().startsWith("arn:"),
    /** Where deployed functions log; absent: a group of each one's own. */
    FUNCTION_LOG_GROUP: z.string().optional(),
    /** Functions are deployed there, too. */
    ALICLOUD_FC_CONFIG: z.string().optional(),
  }),
  observe: z.object({
    ...common,
    EVENT_BUS_NAME: z.string().min(1),
    STATE_EVENTS: z.enum(["terminal", "all", "none"]).default("terminal"),
    INTAKE_QUEUE_URL: recordHinting.INTAKE_QUEUE_URL,
    WEBHOOK_FUNCTION: recordHinting.WEBHOOK_FUNCTION,
  }),
  /** Consumes the intake queue, so it has no way to feed it. */
  intake: z.object({
    ...common,
    ...hinting,
    ...payloads,
    ...routing,
    ...announcing,
    MIRROR_FUNCTION: recordHinting.MIRROR_FUNCTION,
    /** Tenant of events that say nothing of one, such as notifications of a bucket. */
    DEFAULT_TENANT: z.string().min(1),
  }),
  /** The only one that may tell EventBridge of schedules and triggers. */
  mirror: z.object({
    ...common,
    DEFAULT_TENANT: z.string().min(1),
    /** Group of EventBridge Scheduler that holds our schedules and nothing else. */
    SCHEDULE_GROUP: z.string().min(1),
    /** What EventBridge Scheduler may do when a schedule fires; the only role that may be passed on. */
    SCHEDULER_ROLE_ARN: z.string().startsWith("arn:"),
    INTAKE_QUEUE_ARN: z.string().startsWith("arn:"),
    /** Gets what could not be delivered to the intake queue. */
    INTAKE_DEAD_LETTERS_ARN: z.string().startsWith("arn:"),
    EVENT_BUS_NAME: z.string().min(1),
    /** What the names of our rules start with. */
    RULE_PREFIX: z.string().min(1),
    /** Whether triggers may listen to the account's default bus. */
    DEFAULT_BUS_TRIGGERS: z.enum(["on", "off"]).default("off"),
  }),
  /** Looks for what should have happened, by a clock of its own. */
  watch: z.object({
    ...common,
    ...hinting,
    ...routing,
    /** A function that does nothing, sent through the whole plane; absent: no canary is sent. */
    CANARY_FUNCTION_ARN: z.string().startsWith("arn:").optional(),
  }),
  /** Talks to servers of others, so it has no right but to its own records. */
  webhook: z.object({
    ...common,
    /** Name or ARN of the secret that the keys of all webhooks follow from. */
    WEBHOOK_SECRET: z.string().min(1),
  }),
} as const;

/** The Lambda functions of the control plane; each is a folder of functions/ and a bundle in dist/lambda/. */
export const functionNames = [
  "api",
  "dispatch",
  "complete",
  "timekeeper",
  "observe",
  "intake",
  "mirror",
  "watch",
] as const;
export type FunctionName = (typeof functionNames)[number];

/** Built like the others, but deployed only where an option asks for them. */
export const optionalFunctionNames = ["deploy", "webhook"] as const;
export type AnyFunctionName = FunctionName | (typeof optionalFunctionNames)[number];
