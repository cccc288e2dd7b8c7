import type * as Sdk from "@alicloud/fc20230330";
import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import type { FcConfig } from "./fc-config.ts";

export interface FcCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

export type FcSdkClient = InstanceType<typeof Sdk.default.default>;

/** The SDK's client and its request classes, loaded only where this cloud is used. */
export interface FcClient {
  readonly client: FcSdkClient;
  readonly sdk: typeof Sdk;
}

const readMsMax = 30_000;
const connectMsMax = 3_000;

/** Opens the client; throws when the optional package is not installed. */
export async function openFcClient(config: FcConfig, keys: FcCredentials): Promise<FcClient> {
  const [sdk, core] = await Promise.all([
    import("@alicloud/fc20230330"),
    import("@alicloud/openapi-core"),
  ]).catch((error: unknown) => {
    throw new TerminalError("the optional packages of Alibaba Cloud are not installed", {
      cause: error,
    });
  });
  const settings = new core.$OpenApiUtil.Config({
    ...keys,
    regionId: config.region,
    endpoint: config.endpoint ?? `${config.accountId}.${config.region}.fc.aliyuncs.com`,
    protocol: config.protocol,
    readTimeout: readMsMax,
    connectTimeout: connectMsMax,
  });
  return { client: new (classOf(sdk))(settings), sdk };
}

/** CommonJS inside: whether a bundler has unwrapped it decides how deep the class is. */
function classOf(sdk: typeof Sdk): typeof Sdk.default.default {
  const outer: unknown = sdk.default;
  return typeof outer === "function" ? (outer as typeof Sdk.default.default) : sdk.default.default;
}

/** What the cloud said to one request. */
export type FcSaid<Value> =
  | { readonly said: "yes"; readonly value: Value }
  | { readonly said: "missing" }
  | { readonly said: "exists" }
  | { readonly said: "no"; readonly reason: string };

export interface FcPace {
  readonly sleep: (delayMs: number) => Promise<void>;
  readonly random: () => number;
}

export const realFcPace: FcPace = {
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
  random: Math.random,
};

const triesMax = 6;
const baseDelayMs = 100;

/**
 * Asks until there is an answer: all requests that go through here are harmless twice. Throws what
 * may pass, and what only somebody's change can mend.
 */
export async function askFc<Value>(
  action: string,
  pace: FcPace,
  send: () => Promise<Value>,
): Promise<FcSaid<Value>> {
  for (let tries = 1; ; tries++) {
    try {
      return { said: "yes", value: await send() };
    } catch (error) {
      const { status, code, message } = partsOf(error);
      if (status === 404) return { said: "missing" };
      if (status === 409 || /AlreadyExist/.test(code)) return { said: "exists" };
      const passing = status === undefined || status === 429 || status >= 500;
      const text = `fc:${action} failed: ${code}: ${message}`;
      if (passing && tries < triesMax) {
        await pace.sleep(baseDelayMs * 2 ** tries * pace.random());
        continue;
      }
      if (passing) throw new TransientError(text, { cause: error });
      if (status === 401 || status === 403) throw new TerminalError(text, { cause: error });
      return { said: "no", reason: text };
    }
  }
}

/** The SDK's errors by their shape; without a status there was no answer. */
export function partsOf(error: unknown): {
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
} {
  const parts = (typeof error === "object" && error !== null ? error : {}) as {
    readonly statusCode?: unknown;
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return {
    status: typeof parts.statusCode === "number" ? parts.statusCode : undefined,
    code: typeof parts.code === "string" ? parts.code : "no code",
    message: typeof parts.message === "string" ? parts.message : String(error),
  };
}
