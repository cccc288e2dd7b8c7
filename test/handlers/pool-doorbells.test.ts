import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openPoolCredentials } from "../../functions/adapters/aws/pool-credentials.ts";
import { openSqsDoorbells } from "../../functions/adapters/aws/sqs-doorbells.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { silentMeter } from "../../shared/ports/meter.ts";
import { type AwsStub, brokenDown, startAwsStub, throttled } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace, readableLog } from "./stub/local-clients.ts";

const settings = (endpoint: string) => ({ ...clientSettings(endpoint), maxAttempts: 1 });

describe("doorbells over SQS", () => {
  let stub: AwsStub;
  let client: SQSClient;
  let queueUrl: string;
  let nowMs = 1_795_208_400_000;
  beforeAll(async () => {
    stub = await startAwsStub();
    client = new SQSClient(settings(stub.endpoint));
  });
  beforeEach(() => {
    queueUrl = stub.sqs.createQueue(stub.endpoint, "switchyard-test-pool-acme-edge");
    stub.violations.splice(0);
  });
  afterAll(async () => {
    client.destroy();
    await stub.close();
  });

  function open() {
    return openSqsDoorbells({
      client,
      queuePrefix: `${stub.endpoint}/123456789012/switchyard-test-pool-`,
      clock: { now: () => nowMs },
      log: readableLog(),
      meter: silentMeter,
      pace: impatientPace(),
    });
  }

  it.each([
    [1, 1],
    [7, 7],
    [10, 10],
    [500, 10],
  ])("ring for %i attempts with %i messages in one request", async (count, messages) => {
    const before = stub.sqs.requests;
    await open().ring("acme", "edge", count);
    expect(stub.sqs.take(queueUrl)).toHaveLength(messages);
    expect(stub.sqs.requests - before).toBe(1);
  });

  it("do not mind a pool without a queue, and do not try it again for a while", async () => {
    const doorbells = open();
    const before = stub.sqs.requests;
    await doorbells.ring("acme", "other", 1);
    await doorbells.ring("acme", "other", 1);
    expect(stub.sqs.requests - before).toBe(1);
    nowMs += 60_000;
    await doorbells.ring("acme", "other", 1);
    expect(stub.sqs.requests - before).toBe(2);
    await doorbells.ring("acme", "edge", 1);
    expect(stub.sqs.take(queueUrl)).toHaveLength(1);
  });

  it("take a queue that the role may not use for one that is not there", async () => {
    stub.fail("sqs", { kind: "refuse", status: 403, code: "AccessDenied" });
    await expect(open().ring("acme", "edge", 1)).resolves.toBeUndefined();
  });

  it("try again when SQS is busy or broken, and say so when it stays that way", async () => {
    stub.fail("sqs", throttled);
    await open().ring("acme", "edge", 1);
    expect(stub.sqs.take(queueUrl)).toHaveLength(1);
    stub.fail("sqs", brokenDown, brokenDown);
    await expect(open().ring("acme", "edge", 1)).rejects.toBeInstanceOf(TransientError);
  });
});

describe("what a worker is lent to hear its doorbell", () => {
  const asked: URLSearchParams[] = [];
  let status = 200;
  let server: Server;
  let client: STSClient;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      asked.push(new URLSearchParams(body));
      response.writeHead(status, { "content-type": "text/xml" });
      response.end(status === 200 ? assumed : refused);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("no port");
    client = new STSClient(settings(`http://127.0.0.1:${address.port}`));
  });
  afterEach(() => {
    asked.splice(0);
    status = 200;
  });
  afterAll(async () => {
    client.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });

  const roleArn = "arn:aws:iam::123456789012:role/listener";
  const queuePrefix = "https://sqs.eu-central-1.amazonaws.com/123456789012/switchyard-test-pool-";
  const open = (queues?: readonly string[]) =>
    openPoolCredentials({
      client: async () => client,
      listenerRoleArn: roleArn,
      queuePrefix,
      pace: impatientPace(),
      ...(queues === undefined ? {} : { queues: new Set(queues) }),
    });

  it("is its pool's queue and nothing else, for an hour", async () => {
    const doorbell = await open()("acme", "edge", "rack-7.k3");
    expect(doorbell).toEqual({
      kind: "sqs",
      queueUrl: `${queuePrefix}acme-edge`,
      region: "eu-central-1",
      credentials: {
        accessKeyId: "ASIAEXAMPLE",
        secretAccessKey: "lent",
        sessionToken: "token",
        expiresAt: "2026-11-20T10:00:00.000Z",
      },
    });
    const [request] = asked;
    expect(Object.fromEntries(request ?? [])).toMatchObject({
      Action: "AssumeRole",
      RoleArn: roleArn,
      RoleSessionName: "edge.rack-7.k3",
      DurationSeconds: "3600",
    });
    expect(JSON.parse(request?.get("Policy") ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
          Resource: "arn:aws:sqs:eu-central-1:123456789012:switchyard-test-pool-acme-edge",
        },
      ],
    });
  });

  it("is nothing where the pool has no queue", async () => {
    expect(await open(["acme-other"])("acme", "edge", "w1")).toBeUndefined();
    expect(asked).toEqual([]);
    expect((await open(["acme-edge"])("acme", "edge", "w1"))?.kind).toBe("sqs");
  });

  it("is asked for under a name that STS takes, however long the worker's is", async () => {
    await open()("acme", "p".repeat(63), "w".repeat(100));
    expect(asked[0]?.get("RoleSessionName")).toMatch(/^[\w+=,.@-]{2,64}$/);
  });

  it("is a fault of the world when STS does not lend it", async () => {
    status = 503;
    await expect(open()("acme", "edge", "w1")).rejects.toBeInstanceOf(TransientError);
    expect(asked).toHaveLength(2);
  });
});

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <Credentials>
      <AccessKeyId>ASIAEXAMPLE</AccessKeyId>
      <SecretAccessKey>lent</SecretAccessKey>
      <SessionToken>token</SessionToken>
      <Expiration>2026-11-20T10:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleResult>
</AssumeRoleResponse>`;

const refused = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>busy</Message></Error>
</ErrorResponse>`;
