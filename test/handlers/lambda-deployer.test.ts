import { LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLambdaDeployer } from "../../functions/adapters/aws/lambda-deployer.ts";
import {
  type StubServer,
  startStubServer,
  type WireAnswer,
  type WireRequest,
} from "../contract/platform/stub-server.ts";
import { clientSettings, impatientPace, readableLog } from "./stub/local-clients.ts";

const digest = "ab".repeat(32);
let server: StubServer;
let client: LambdaClient;
let said: WireAnswer;
let asked: { readonly type: string; readonly path: string; readonly event: unknown }[];
const log = readableLog();
const deployer = () =>
  openLambdaDeployer({
    client,
    functionName: "switchyard-test-deploy",
    log,
    pace: impatientPace(),
  });

beforeEach(async () => {
  asked = [];
  said = { status: 200, body: { outcome: "removed" } };
  server = await startStubServer((request: WireRequest) => {
    asked.push({
      type: request.headers["x-amz-invocation-type"] ?? "",
      path: request.path,
      event: JSON.parse(request.body.toString("utf8")),
    });
    return said;
  });
  client = new LambdaClient(clientSettings(server.endpoint));
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

describe("asking the function that deploys", () => {
  it("does not wait for a deployment, and asks again after a lost answer", async () => {
    said = { status: 202 };
    server.fault = (index) => (index === 0 ? { kind: "apply-then-cut" } : undefined);
    await deployer().request("acme", "thumbs", digest);
    const once = {
      type: "Event",
      path: "/2015-03-31/functions/switchyard-test-deploy/invocations",
      event: { kind: "deploy", tenant: "acme", name: "thumbs", digest },
    };
    expect(asked).toEqual([once, once]);
  });

  it("never throws for a request that it could not make", async () => {
    server.fault = () => ({ kind: "cut" });
    await deployer().request("acme", "thumbs", digest);
    expect(log.lines.at(-1)).toMatchObject({
      level: "warn",
      fields: { function: "thumbs", digest },
    });
  });

  it("brings back what a function that is tried out says", async () => {
    said = { status: 200, body: { outcome: "returned", output: [1], log: "hi\n" } };
    const outcome = await deployer().tryOut("acme", "thumbs", digest, { n: 1 });
    expect(outcome).toEqual({ outcome: "returned", output: [1], log: "hi\n" });
    expect(asked).toMatchObject([
      { type: "RequestResponse", event: { kind: "try", event: { n: 1 } } },
    ]);
  });

  it("does not try out twice when nobody knows whether the first call was made", async () => {
    server.fault = () => ({ kind: "apply-then-cut" });
    await expect(deployer().tryOut("acme", "thumbs", digest, {})).rejects.toMatchObject({
      name: "TransientError",
    });
    expect(asked).toHaveLength(1);
  });

  it("removes, and throws when the deployer failed", async () => {
    await deployer().remove("acme", "thumbs");
    expect(asked).toMatchObject([{ type: "RequestResponse", event: { kind: "remove" } }]);
    said = {
      status: 200,
      headers: { "x-amz-function-error": "Unhandled" },
      body: { errorType: "TransientError", errorMessage: "busy" },
    };
    await expect(deployer().remove("acme", "thumbs")).rejects.toMatchObject({
      name: "TransientError",
      message: expect.stringContaining("busy"),
    });
  });
});
