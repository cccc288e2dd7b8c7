import { createHash } from "node:crypto";
import type { OperationId } from "../../shared/contract/http/routes.ts";
import { admin, type Reply, type Yard } from "./yard.ts";

const functionOperations: readonly OperationId[] = [
  "putFunction",
  "listFunctions",
  "getFunction",
  "listFunctionVersions",
  "invokeFunction",
  "removeFunction",
];

/** The body that deploys these bytes, which are uploaded by this. */
export function functionBody(yard: Yard, content: string, settings: object = {}) {
  const bytes = Buffer.from(content);
  return {
    ...settings,
    package: {
      id: yard.payloads.put(admin.tenant, bytes, "up"),
      bytes: bytes.byteLength,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    },
  };
}

export async function deploy(
  yard: Yard,
  name: string,
  content: string,
  settings: object = {},
): Promise<Reply> {
  const body = functionBody(yard, content, settings);
  return yard.call("PUT", `/v1/functions/${name}`, { body });
}

/** What a body of these operations needs, in a yard where there is such a function. */
export async function goodFunctionParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly body?: object } | undefined> {
  if (!functionOperations.includes(id)) return undefined;
  await deploy(yard, "hello", "a package");
  if (id === "putFunction") return { body: functionBody(yard, "another package") };
  return id === "invokeFunction" ? { body: { input: { n: 1 } } } : {};
}
