import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCloudWatchLogs } from "../../functions/adapters/aws/cloudwatch-logs.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { type AwsStub, brokenDown, startAwsStub } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace } from "./stub/local-clients.ts";
import type { StubLogLine } from "./stub/stub-logs.ts";

let stub: AwsStub;
let client: CloudWatchLogsClient;
beforeAll(async () => {
  stub = await startAwsStub();
  client = new CloudWatchLogsClient(clientSettings(stub.endpoint));
});
afterAll(async () => {
  client.destroy();
  await stub.close();
});
beforeEach(() => {
  stub.logs.groups.clear();
  stub.logs.linesPerPage = 10_000;
});
afterEach(() => expect(stub.violations).toEqual([]));

const startMs = 1_795_208_400_000;
const wanted = {
  functionArn: "arn:aws:lambda:us-east-1:123456789012:function:resize:live",
  requestId: "4d9c6d4f-7f7d-4c79-9d2a-0a8a1c3f1f10",
  fromMs: startMs - 500,
  toMs: startMs + 2_000,
};
const other = "99999999-7f7d-4c79-9d2a-0a8a1c3f1f10";

const read = () =>
  openCloudWatchLogs({
    logGroupPrefix: "/aws/lambda/",
    openClient: () => Promise.resolve(client),
    pace: impatientPace(),
  })(wanted);

function line(afterMs: number, message: string, stream = "2026/11/20/[7]aaa"): StubLogLine {
  return { stream, atMs: startMs + afterMs, message };
}

describe("the log of an invocation", () => {
  it("is everything that its sandbox printed between its first and last line", async () => {
    stub.logs.groups.set("/aws/lambda/resize", [
      line(-40, `START RequestId: ${other}\n`),
      line(-30, "printed by the one before\n"),
      line(-20, `END RequestId: ${other}\n`),
      line(0, `START RequestId: ${wanted.requestId} Version: 7\n`),
      line(5, "a plain print, which carries no id"),
      line(5, "printed elsewhere at the same time\n", "2026/11/20/[7]bbb"),
      line(9, `END RequestId: ${wanted.requestId}\n`),
      line(20, `START RequestId: ${other}\n`),
    ]);
    expect(await read()).toEqual({
      text: `START RequestId: ${wanted.requestId} Version: 7\na plain print, which carries no id\nEND RequestId: ${wanted.requestId}\n`,
      truncated: false,
    });
  });

  it("is found page by page", async () => {
    const lines = Array.from({ length: 4 }, (_, index) =>
      line(index, `${wanted.requestId} ${index}\n`),
    );
    stub.logs.groups.set("/aws/lambda/resize", lines);
    stub.logs.linesPerPage = 1;
    const log = await read();
    expect(log?.text.split("\n")).toHaveLength(5);
    expect(log?.truncated).toBe(false);
  });

  it("says that there is more than it reads", async () => {
    const lines = Array.from({ length: 50 }, (_, index) =>
      line(index, `${wanted.requestId} ${index}\n`),
    );
    stub.logs.groups.set("/aws/lambda/resize", lines);
    stub.logs.linesPerPage = 1;
    expect((await read())?.truncated).toBe(true);
  });

  it("is absent when nothing of the invocation is there", async () => {
    stub.logs.groups.set("/aws/lambda/resize", [line(0, `START RequestId: ${other}\n`)]);
    expect(await read()).toBeUndefined();
  });

  it("is absent when the function has never printed", async () => {
    expect(await read()).toBeUndefined();
  });

  it("is asked for again when CloudWatch breaks down, a bounded number of times", async () => {
    stub.logs.groups.set("/aws/lambda/resize", [line(0, `START RequestId: ${wanted.requestId}\n`)]);
    stub.fail("logs", brokenDown);
    expect((await read())?.text).toContain("START");
    stub.fail("logs", brokenDown, brokenDown, brokenDown);
    await expect(read()).rejects.toThrow(TransientError);
  });
});
