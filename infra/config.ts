import * as z from "zod";
import { Name } from "../shared/core/texts.ts";

const logRetentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

const Stage = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,15}$/,
    'must be 1 to 16 lower-case letters, digits or "-", starting with a letter',
  );

const HttpsUrl = z.url({ protocol: /^https$/, error: "must be a URL that starts with https://" });

const roles = ["worker", "viewer", "operator", "admin"] as const;

/** Which AWS principals may do what; the first match counts, and who matches nothing is refused. */
const MachineRole = z.strictObject({
  role: z.enum(roles),
  principal: z
    .string()
    .regex(
      /^(\*|arn:[^,=*\s]+\*?)$/,
      'must be the ARN of a role or user, which may end in "*", or "*" for every principal',
    ),
});

const HttpsOrigin = z
  .string()
  .regex(/^https:\/\/[a-z0-9.-]+(:\d+)?$/, "must be an origin such as https://console.example.com");

/** People sign in with any OpenID Connect issuer and use an HTTP API of their own. */
const PeopleOptions = z.strictObject({
  issuer: HttpsUrl,
  audience: z.array(z.string().min(1)).min(1),
  /** Claim that names the tenant; then a token without it is refused. One tenant when left out. */
  tenantClaim: z.string().min(1).optional(),
  roleClaim: z.string().min(1).default("switchyard_role"),
  /** What a value of the role claim starts with, where the claim holds other names as well. */
  rolePrefix: z.string().default(""),
  /** Where the web console is served from; empty when it shares the API's origin. */
  origins: z.array(HttpsOrigin).max(10).default([]),
});

const imageName = /^[a-z0-9][a-z0-9./:@_-]{2,254}$/;

/** Containers on Fargate, for what Lambda cannot or should not run. */
const FargateOptions = z.strictObject({
  enabled: z.boolean().default(true),
  /** Spot for first tries, on demand where there is none or where it was interrupted. */
  spot: z.boolean().default(false),
  /** An image of the runner that exists already, for deploying without a container engine. */
  runnerImage: z.string().regex(imageName, "must be the name of a container image").optional(),
  /** A second image of the runner, for functions in Python. */
  python: z.boolean().default(false),
  /** That image, if it exists already. */
  pythonRunnerImage: z
    .string()
    .regex(imageName, "must be the name of a container image")
    .optional(),
});

/** What one deployment may choose. Everything has a safe default; unknown fields are refused. */
const StageOptions = z
  .strictObject({
    /** Both or neither; without them the stacks go to the account and Region of the credentials. */
    account: z
      .string()
      .regex(/^\d{12}$/, "must be the 12 digits of an AWS account")
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a Region such as eu-central-1")
      .optional(),
    /** The tenant of callers whose credential names none. */
    tenant: Name.default("default"),
    people: PeopleOptions.optional(),
    machineRoles: z
      .array(MachineRole)
      .min(1)
      .max(20)
      .default([{ role: "admin", principal: "*" }]),
    /** GET /v1/health without a credential, for monitors that cannot sign. */
    openHealth: z.boolean().default(false),
    /** Requests per second and burst that each HTTP API lets through. */
    requestsPerSecond: z.int().min(1).max(10_000).default(200),
    requestsBurst: z.int().min(1).max(5_000).default(400),
    /** Batches of hints, and of completions, that are handled at the same time. */
    concurrency: z.int().min(2).max(1_000).default(10),
    logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
    logRetentionDays: z.literal(logRetentions).default(14),
    fargate: FargateOptions.prefault({}),
    /** Keeps a noisy group or task from holding up the others, where there is only one tenant. */
    fairLanes: z.boolean().default(false),
    /** Lets people deploy functions through the API, by a function that may make functions. */
    deployFunctions: z.boolean().default(false),
    /** Pools whose idle workers wait on a queue of their own instead of asking again and again. */
    pools: z.array(Name).max(50).default([]),
    /** Lets triggers listen to the account's default bus, too, with rules that begin with our name. */
    defaultBusTriggers: z.boolean().default(false),
    /** Signed webhooks, by a function that speaks to servers of others and a secret of its own. */
    webhooks: z.boolean().default(false),
    /** Sends a task that does nothing through the whole plane every five minutes. */
    canary: z.boolean().default(true),
    /** Which state changes go out on the event bus. */
    stateEvents: z.enum(["terminal", "all", "none"]).default("terminal"),
    /** Deletion protection, termination protection, and data that outlives its stack. */
    protectData: z.boolean().default(true),
    /** Gets a message when an alarm changes state, after confirming the subscription. */
    alarmEmail: z.email("must be an e-mail address").optional(),
  })
  .refine((options) => (options.account === undefined) === (options.region === undefined), {
    path: ["region"],
    error: "account and region go together: give both or neither",
  })
  .refine(({ fairLanes, people }) => !fairLanes || people?.tenantClaim === undefined, {
    path: ["fairLanes"],
    error:
      "the queue is fair between tenants where people.tenantClaim tells them apart; leave it out",
  });

/** The options of one stage, checked, with every default filled in. */
export type DeploymentOptions = z.output<typeof StageOptions> & { readonly stage: string };

/** Reads one key of the CDK context. */
export type ReadContext = (key: string) => unknown;

/** Thrown with one line per mistake, each naming the place in the context. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * The options of the stage that `-c stage=…` names, from `context.switchyard.<stage>` of cdk.json.
 * A stage that is not listed is refused: a mistyped name must not become a second deployment.
 */
export function readOptions(context: ReadContext): DeploymentOptions {
  const stage = parsed(Stage, context("stage"), "context.stage");
  const stages = parsed(
    z.record(z.string(), z.unknown()),
    context("switchyard"),
    "context.switchyard",
  );
  if (!Object.hasOwn(stages, stage)) {
    const known = Object.keys(stages).join(", ") || "none";
    throw new ConfigurationError(
      `context.stage: cdk.json describes no stage "${stage}"; it describes ${known}`,
    );
  }
  return { ...parsed(StageOptions, stages[stage], `context.switchyard.${stage}`), stage };
}

/** Options from code instead of cdk.json, for apps that embed the stacks, and for tests. */
export function optionsOf(
  stage: string,
  options: z.input<typeof StageOptions> = {},
): DeploymentOptions {
  return readOptions((key) => (key === "stage" ? stage : { [stage]: options }));
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map((issue) => {
    const path = [place, ...issue.path.map(String)].join(".");
    return `${path}: ${value === undefined ? "is missing" : issue.message}`;
  });
  throw new ConfigurationError(mistakes.join("\n"));
}
