import type { S3Client } from "@aws-sdk/client-s3";
import { TerminalError } from "../../../shared/core/errors.ts";
import type { Clock, Ids } from "../../../shared/ports/clock.ts";
import type { Payloads } from "../../../shared/ports/payloads.ts";
import { awsClientDefaults } from "../../adapters/aws/aws-call.ts";
import { openS3Payloads } from "../../adapters/aws/s3-payloads.ts";
import type { SigningCredentials } from "../../adapters/aws/sign-s3-address.ts";

/** The deployment's place for payloads, as a part of an engine; nothing where it has no bucket. */
export function openPayloadBucket(
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
  { PAYLOAD_BUCKET: bucket }: { readonly PAYLOAD_BUCKET?: string | undefined },
): { readonly payloads?: Payloads } {
  if (bucket === undefined) return {};
  const region = variable("AWS_REGION");
  let client: Promise<S3Client> | undefined;
  return {
    payloads: openS3Payloads({
      bucket,
      region,
      credentials: roleCredentials,
      clock,
      ids,
      client() {
        client ??= openClient();
        return client;
      },
    }),
  };
}

async function openClient(): Promise<S3Client> {
  const sdk = await import("@aws-sdk/client-s3");
  return new sdk.S3Client(awsClientDefaults);
}

/** Lambda puts the role's credentials there, and a new environment has new ones. */
function roleCredentials(): SigningCredentials {
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  return {
    accessKeyId: variable("AWS_ACCESS_KEY_ID"),
    secretAccessKey: variable("AWS_SECRET_ACCESS_KEY"),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new TerminalError(`${name} is not set; Lambda sets it`);
  return value;
}
