import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = resolve(fileURLToPath(import.meta.url), "../../..");

/** The context that the CDK CLI passes on: feature flags and the described stages. */
export const cdkJson: { readonly context: Record<string, unknown> } & Record<string, unknown> =
  JSON.parse(readFileSync(join(repository, "cdk.json"), "utf8"));
