import { describe, expect, it } from "vitest";
import { credentialsFor } from "../../client/cli/credentials.ts";
import { errorOfAnswer } from "../../client/sdk/answer-errors.ts";
import { type AwsSigning, signForAws } from "../../client/sdk/sign-aws.ts";
import type { TransportRequest } from "../../client/sdk/transport.ts";

// The published example identity and instant of AWS's signature test suite.
const identity = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const nowMs = (): number => Date.parse("2015-08-30T12:36:00Z");
const gateway = "https://abc.execute-api.eu-west-1.amazonaws.com";

async function authorizationOf(
  request: Pick<TransportRequest, "method" | "url"> & Partial<TransportRequest>,
  signing: Partial<AwsSigning> = {},
): Promise<string> {
  const sign = signForAws({ region: "eu-west-1", credentials: () => identity, nowMs, ...signing });
  const blank = { headers: { accept: "x" }, body: undefined, timeoutMs: 1, signal: undefined };
  return (await sign({ ...blank, ...request })).headers.authorization ?? "";
}

describe("signing for AWS", () => {
  it("gives the signature of AWS's own example", async () => {
    const authorization = await authorizationOf(
      { method: "GET", url: "https://example.amazonaws.com/" },
      { region: "us-east-1", service: "service" },
    );
    expect(authorization).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
        "SignedHeaders=host;x-amz-date, " +
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
  });

  it("agrees with the AWS SDK on bodies, session tokens, queries and odd paths", async () => {
    const posted = await authorizationOf(
      {
        method: "POST",
        url: `${gateway}/prod/v1/instances`,
        headers: { "content-type": "application/json" },
        body: '{"a":"ä"}',
      },
      { credentials: () => ({ ...identity, sessionToken: "tok/en==" }) },
    );
    expect(posted).toContain("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,");
    expect(posted).toMatch(/80ce78c1db8b27d666fb$/);
    const query = "tag=a%20b%2Bc&tag=a&state=failed%2Cx&q=%27(x)%27&a-b=1&a=2";
    const listed = await authorizationOf({
      method: "GET",
      url: `${gateway}/v1/instances?${query}`,
    });
    expect(listed).toMatch(/46a69e2f7b51afb2c757$/);
    const odd = await authorizationOf({ method: "GET", url: `${gateway}/v1/tasks/..%2Fx%20y` });
    expect(odd).toMatch(/7c297b5b3787426c35eb$/);
  });
});

describe("credentials of the command line tool", () => {
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };

  it("are a token when there is one, and then nothing else", () => {
    const environment = { ...keys, SWITCHYARD_TOKEN: "t" };
    expect(credentialsFor(gateway, environment)).toEqual({
      headers: { authorization: "Bearer t" },
    });
  });

  it("sign requests to API Gateway, and to other names only when told so", () => {
    expect(credentialsFor(gateway, keys).sign).toBeTypeOf("function");
    expect(credentialsFor("https://yard.example.com", keys)).toEqual({});
    expect(credentialsFor("http://127.0.0.1:4700", keys)).toEqual({});
    const told = { ...keys, SWITCHYARD_AWS_REGION: "eu-west-1" };
    expect(credentialsFor("https://yard.example.com", told).sign).toBeTypeOf("function");
  });

  it("are nothing without an identity, or for a name that only looks like API Gateway", () => {
    expect(credentialsFor(gateway, {})).toEqual({});
    const lookalike = "https://x.execute-api.eu-west-1.amazonaws.com.evil.example";
    expect(credentialsFor(lookalike, keys)).toEqual({});
  });

  it("that a gateway refuses are said to be refused, not that the server is none", () => {
    const answer = { status: 403, header: () => undefined, text: '{"message":"Forbidden"}' };
    expect(errorOfAnswer(answer, gateway, 0)).toMatchObject({ code: "forbidden", status: 403 });
  });
});
