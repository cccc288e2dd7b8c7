import * as fc from "fast-check";
import { expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { errorCodes } from "../../shared/core/error-codes.ts";
import { httpEvent, personCaller } from "./lambda-events.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { resizeArn, succeed } from "./yard.ts";

const here = useYard({ environment: { TENANT_CLAIM: "org" } });

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const call = async (event: unknown) => (await here.deployment.functions.api(event)) as Answer;
const submission = { method: "POST", path: "/v1/instances", body: { task: "resize" } };
const codeOf = (answer: Answer): string => JSON.parse(answer.body).code;

describeDeployed("who may call the API", () => {
  const person = (org: string, role: string) =>
    personCaller({ sub: "user-1", org, switchyard_role: role });

  it("is nobody without a verified credential, whatever the headers say", async () => {
    const headers = { authorization: "Bearer x", "x-amzn-oidc-identity": "admin" };
    const answer = await here.yard.http({ ...submission, headers, authorizer: null });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
  });

  it("is anybody for the health of the system, which names no data", async () => {
    const answer = await here.yard.http({
      method: "GET",
      path: "/v1/health",
      authorizer: null,
    });
    expect(answer).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  it("is a person whose token gives a role that suffices", async () => {
    const define = {
      method: "PUT",
      path: "/v1/tasks/resize",
      body: { run: { lambda: { functionArn: resizeArn } } },
    };
    for (const [role, defining, submitting] of [
      ["viewer", 403, 403],
      ["operator", 403, 202],
      ["admin", 201, 202],
    ] as const) {
      const authorizer = person(`acme-${role}`, role);
      if (role !== "admin") {
        await here.yard.http({ ...define, authorizer: person(`acme-${role}`, "admin") });
      }
      expect((await here.yard.http({ ...define, authorizer })).status).toBe(defining);
      expect((await here.yard.http({ ...submission, authorizer })).status).toBe(submitting);
    }
  });

  it("sees nothing of another tenant, not even that it is there", async () => {
    const { id } = await here.yard.submit();
    const path = `/v1/instances/${id}`;
    const authorizer = person("acme-admin", "admin");
    expect(await here.yard.http({ method: "GET", path, authorizer })).toMatchObject({
      status: 404,
      body: { code: "instance_not_found" },
    });
    const cancel = { method: "POST", path: `${path}/cancel`, authorizer };
    expect((await here.yard.http(cancel)).status).toBe(404);
    expect((await here.yard.http({ method: "GET", path })).body.state).toBe("dispatched");
  });

  it("is refused when its token names no tenant where one is due", async () => {
    const authorizer = personCaller({ sub: "user-1", switchyard_role: "admin" });
    const answer = await here.yard.http({ ...submission, authorizer });
    expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });
});

describeDeployed("a request that AWS never sends", () => {
  it.each([
    ["no event", undefined],
    ["null", null],
    ["an empty object", {}],
    ["payload format 1.0", { version: "1.0", httpMethod: "GET", path: "/v1/tasks" }],
    ["an SQS event", { Records: [] }],
    ["a path without a slash", { ...httpEvent(submission), rawPath: "v1" }],
    ["headers that are no texts", { ...httpEvent(submission), headers: { a: 1 } }],
    [
      "a header that breaks the line",
      httpEvent({ ...submission, headers: { "x-a": "a\r\nx-b: c" } }),
    ],
    ["a header name with a space", httpEvent({ ...submission, headers: { "x a": "1" } })],
    ["a header beyond Latin-1", httpEvent({ ...submission, headers: { "x-a": "\u{1F600}" } })],
    ["a method that fetch forbids", httpEvent({ method: "TRACE", path: "/v1/tasks" })],
    ["a method with a space", httpEvent({ method: "GET /", path: "/v1/tasks" })],
  ])("is answered with a problem when it is %s", async (_, event) => {
    const answer = await call(event);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(codeOf(answer)).toBe("invalid_field");
  });
});

describeDeployed("a hostile request", () => {
  it("may have a body in base64, which is how API Gateway passes bytes on", async () => {
    const event = {
      ...httpEvent(submission),
      body: Buffer.from(JSON.stringify(submission.body)).toString("base64"),
      isBase64Encoded: true,
    };
    expect((await call(event)).statusCode).toBe(202);
  });

  it.each([
    ["broken JSON", "{", "malformed_json"],
    ["a number too large to keep", '{"task":"resize","input":1e999}', "malformed_json"],
    ["the same member twice", '{"task":"resize","task":"resize"}', "malformed_json"],
    ["deep nesting", `{"task":"resize","input":${"[".repeat(9_000)}${"]".repeat(9_000)}}`, ""],
    ["a prototype", '{"task":"resize","__proto__":{"x":1}}', ""],
    ["an unknown field", '{"task":"resize","colour":1}', "unknown_field"],
    ["no text at all", "", "malformed_json"],
  ])("is refused for %s", async (_, body, code) => {
    const answer = await call(httpEvent({ ...submission, body }));
    expect(answer.statusCode).toBe(code === "payload_too_large" ? 413 : 400);
    if (code !== "") expect(codeOf(answer)).toBe(code);
  });

  it("is refused for bytes that are no UTF-8", async () => {
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
    const body = bytes.toString("base64");
    const answer = await call({ ...httpEvent(submission), body, isBase64Encoded: true });
    expect(answer.statusCode).toBe(400);
    expect(codeOf(answer)).toBe("malformed_json");
  });

  it("is refused for its size before it is read", async () => {
    const answer = await call(httpEvent({ ...submission, body: `"${"x".repeat(2_000_000)}"` }));
    expect(answer.statusCode).toBe(413);
    expect(codeOf(answer)).toBe("payload_too_large");
  });

  it("is refused for another content type", async () => {
    const headers = { "content-type": "text/xml" };
    const answer = await call(httpEvent({ ...submission, headers }));
    expect(answer.statusCode).toBe(415);
  });

  it("always gets an answer that API Gateway can pass on", async () => {
    const codes = new Set<string>(Object.keys(errorCodes));
    const path = fc.oneof(
      fc.webPath(),
      fc.string({ unit: "binary" }).map((text) => `/${text}`),
      fc.constantFrom("//", "/v1/../..", "/v1/instances/%00", "/v1/tasks/%zz", "/v1//tasks"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "BREW"),
        path,
        fc.string(),
        fc.oneof(fc.json(), fc.string({ unit: "binary" })),
        fc.boolean(),
        async (method, rawPath, rawQueryString, body, isBase64Encoded) => {
          const event = { ...httpEvent({ method, path: "/", body }), rawPath, rawQueryString };
          const answer = await call({ ...event, isBase64Encoded });
          expect(answer.statusCode).toBeGreaterThanOrEqual(200);
          expect(answer.statusCode).toBeLessThan(500);
          if (answer.statusCode >= 400) expect(codes).toContain(codeOf(answer));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describeDeployed("the API when its world fails", () => {
  it("acknowledges nothing while the table does not answer", async () => {
    const { deployment, yard } = here;
    deployment.stub.sqs.take(deployment.dispatchQueueUrl);
    deployment.wire.fail("PutItem", "throttle", "throttle", "throttle", "throttle", "throttle");
    const answer = await yard.http(submission);
    expect(answer).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect(deployment.stub.sqs.take(deployment.dispatchQueueUrl)).toEqual([]);
  });

  it("acknowledges what is durable though no hint can be sent", async () => {
    const { deployment, yard } = here;
    deployment.logs.take();
    deployment.stub.fail("sqs", { kind: "cut" }, { kind: "cut" });
    const answer = await yard.http(submission);
    expect(answer.status).toBe(202);
    const record = await deployment.store.get(keys.instance("default", answer.body.id));
    expect(record?.version).toBe(1);
    expect(deployment.logs.take()).toMatchObject([{ level: "warn", function: "api" }]);
  });

  it("makes one instance of a submission that was stored without an answer", async () => {
    const { deployment, yard } = here;
    deployment.wire.fail("PutItem", "apply-then-cut");
    const answer = await yard.http({
      ...submission,
      body: { task: "resize", idempotencyKey: "lost-answer" },
    });
    expect([200, 202]).toContain(answer.status);
    const instance = await yard.instance(answer.body.id);
    expect(instance.version).toBe(1);
  });
});

describeDeployed("the log of an attempt", () => {
  it("comes from the log group of its function", async () => {
    const { deployment, yard } = here;
    const { id } = await yard.submit();
    await yard.dispatch();
    await yard.complete(({ requestId, payload }) => {
      if ((payload as { task_id: string }).task_id === id) {
        deployment.stub.logs.groups.set("/aws/lambda/resize", [
          { stream: "s", atMs: Date.now(), message: `START RequestId: ${requestId}\n` },
        ]);
      }
      return succeed()();
    });
    const answer = await yard.http({ method: "GET", path: `/v1/instances/${id}/logs` });
    const text = expect.stringContaining("START RequestId");
    expect(answer.body.items).toMatchObject([{ attempt: 1, available: true, text }]);
  });

  it("is said to be missing while the attempt has not reported", async () => {
    const { yard } = here;
    const { id } = await yard.submit();
    const answer = await yard.http({ method: "GET", path: `/v1/instances/${id}/logs` });
    expect(answer.body.items).toMatchObject([{ available: false, text: "" }]);
  });
});
