import type { ClientOptions } from "../sdk/open-client.ts";
import { signForAws } from "../sdk/sign-aws.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How to show who asks, from the environment: a bearer token, or an AWS identity for a server behind
 * API Gateway. A local host needs neither.
 */
export function credentialsFor(
  server: string,
  environment: Environment,
): Pick<ClientOptions, "headers" | "sign"> {
  const set = (name: string): string | undefined => environment[name] || undefined;
  const token = set("SWITCHYARD_TOKEN");
  if (token !== undefined) return { headers: { authorization: `Bearer ${token}` } };
  const region = set("SWITCHYARD_AWS_REGION") ?? regionOf(server);
  const accessKeyId = set("AWS_ACCESS_KEY_ID");
  const secretAccessKey = set("AWS_SECRET_ACCESS_KEY");
  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) return {};
  const credentials = { accessKeyId, secretAccessKey, sessionToken: set("AWS_SESSION_TOKEN") };
  return { sign: signForAws({ region, credentials: () => credentials }) };
}

/** API Gateway's own addresses say their region. */
export function regionOf(server: string): string | undefined {
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(host)?.[1];
}
