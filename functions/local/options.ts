import { parseArgs } from "node:util";
import * as z from "zod";
import { limits } from "../../shared/core/limits.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";

export const storeKinds = ["embedded", "memory", "dynamodb"] as const;

export interface HostOptions {
  readonly port: number;
  /** True when the port was asked for: then a taken port is an error instead of the next one being tried. */
  readonly portIsFixed: boolean;
  readonly dataDirectory: string;
  readonly store: (typeof storeKinds)[number];
  readonly examples: boolean;
  readonly functionsRoot: string | undefined;
  /** What one attempt may take on the backend that stands for Lambda. */
  readonly lambdaTimeoutSeconds: number;
  /** Whether webhooks may lead to this machine itself, also without TLS. */
  readonly webhooksToLoopback: boolean;
  /** Whether a task that does nothing proves every few minutes that everything works. */
  readonly canary: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
}

export const hostUsage = `Usage: npm start -- [options]

  --port N          listen on 127.0.0.1:N (default 4700, or the next free port)
  --data DIR        where the store lives (default .switchyard)
  --memory          keep everything in memory; nothing survives a restart
  --store KIND      embedded (default), memory, or dynamodb (a DynamoDB-compatible server, for fidelity)
  --functions DIR   where the modules of function tasks live (default: the bundled examples)
  --lambda-timeout SECONDS
                    what an attempt may take on the backend "local", which stands for Lambda (default
                    900); what may need longer runs on "fargate", in a process of its own
  --no-examples     do not define the example tasks
  --webhooks-to-loopback
                    let webhooks lead to this machine, by any port and without TLS
  --no-canary       do not run a task every five minutes that proves that everything works
  --log LEVEL       debug, info, warn (default), error or silent
  --help            print this
`;

const known = {
  port: { type: "string" },
  data: { type: "string" },
  memory: { type: "boolean" },
  store: { type: "string" },
  functions: { type: "string" },
  "lambda-timeout": { type: "string" },
  "no-examples": { type: "boolean" },
  "webhooks-to-loopback": { type: "boolean" },
  "no-canary": { type: "boolean" },
  log: { type: "string" },
  help: { type: "boolean" },
} as const;

const Values = z.object({
  port: z
    .string()
    .regex(/^\d{1,5}$/, "must be a number")
    .transform(Number)
    .refine((port) => port <= 65_535, "must be at most 65535")
    .optional(),
  data: z.string().min(1).default(".switchyard"),
  memory: z.boolean().default(false),
  store: z.enum(storeKinds).optional(),
  functions: z.string().min(1).optional(),
  "lambda-timeout": z
    .string()
    .regex(/^\d{1,5}(\.\d{1,3})?$/, "must be a number of seconds")
    .transform(Number)
    .refine((seconds) => seconds > 0 && seconds <= limits.attemptTimeoutSecondsMax, {
      error: `must be more than 0 and at most ${limits.attemptTimeoutSecondsMax}`,
    })
    .default(900),
  "no-examples": z.boolean().default(false),
  "webhooks-to-loopback": z.boolean().default(false),
  "no-canary": z.boolean().default(false),
  log: z.enum(["debug", "info", "warn", "error", "silent"]).default("warn"),
});

export type ParsedOptions =
  | { readonly outcome: "options"; readonly options: HostOptions }
  | { readonly outcome: "help" }
  | { readonly outcome: "wrong"; readonly message: string };

/** Reads the command line; a wrong one gets a sentence that says what and how to fix it. */
export function parseHostOptions(args: readonly string[]): ParsedOptions {
  let values: Record<string, unknown>;
  try {
    values = parseArgs({ args: [...args], options: known, allowPositionals: false }).values;
  } catch (error) {
    return { outcome: "wrong", message: explain(args, error) };
  }
  if (values.help === true) return { outcome: "help" };
  const parsed = Values.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { outcome: "wrong", message: `--${issue?.path.join(".")}: ${issue?.message}` };
  }
  const { port, data, memory, store, functions, log } = parsed.data;
  if (memory && store !== undefined && store !== "memory") {
    return { outcome: "wrong", message: `--memory and --store ${store} contradict each other` };
  }
  return {
    outcome: "options",
    options: {
      port: port ?? 4_700,
      portIsFixed: port !== undefined,
      dataDirectory: data,
      store: store ?? (memory ? "memory" : "embedded"),
      examples: !parsed.data["no-examples"],
      functionsRoot: functions,
      lambdaTimeoutSeconds: parsed.data["lambda-timeout"],
      webhooksToLoopback: parsed.data["webhooks-to-loopback"],
      canary: !parsed.data["no-canary"],
      logLevel: log,
    },
  };
}

function explain(args: readonly string[], error: unknown): string {
  const unknown = args
    .map((arg) => /^--([^=]+)/.exec(arg)?.[1])
    .find((name) => name !== undefined && !Object.hasOwn(known, name));
  if (unknown === undefined) return error instanceof Error ? error.message : String(error);
  const nearest = nearestName(unknown, Object.keys(known));
  return `unknown option --${unknown}${nearest === undefined ? "" : `; did you mean --${nearest}?`}`;
}
