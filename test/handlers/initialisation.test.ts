import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyFunctionName, functionNames } from "../../shared/contract/env.ts";
import { bundlesIn } from "./bundles.ts";
import { mirrorEnvironment } from "./deployment.ts";

const complete = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  TABLE_NAME: "switchyard",
  DISPATCH_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/dispatch",
  DEFAULT_TENANT: "default",
  ACCOUNT_ID: "123456789012",
  CONTROL_PLANE_FUNCTION_PREFIX: "switchyard-test-",
  EVENT_BUS_NAME: "switchyard",
  ...mirrorEnvironment,
};

const containers = {
  FARGATE: "on",
  CLUSTER_ARN: "arn:aws:ecs:us-east-1:123456789012:cluster/switchyard-test",
  FARGATE_SUBNETS: "subnet-0a1",
  FARGATE_SECURITY_GROUPS: "sg-0b2",
  RUNNER_FAMILY: "switchyard-test-runner",
  TASK_FAMILY_PREFIX: "switchyard-test-task-",
  API_URL: "https://api.example.test",
};

describe("a function that is initialised in a process of its own", () => {
  let folder = "";
  let bundles = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "switchyard-init-"));
    bundles = await bundlesIn(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  function initialise(name: AnyFunctionName, environment: Readonly<Record<string, string>>) {
    const url = pathToFileURL(join(bundles, name, "index.mjs")).href;
    const script = `const module = await import(${JSON.stringify(url)});
      process.stdout.write(Object.keys(module).join() + typeof module.handler);`;
    const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      env: environment,
      encoding: "utf8",
    });
    return { code: run.status, said: run.stdout, complained: run.stderr };
  }

  it.each(functionNames)("exports only the handler of %s, and says nothing", (name) => {
    expect(initialise(name, complete)).toEqual({
      code: 0,
      said: "handlerfunction",
      complained: "",
    });
  });

  it("is initialised in webhook where there is a secret, and not without", () => {
    expect(initialise("webhook", { ...complete, WEBHOOK_SECRET: "webhooks" }).code).toBe(0);
    const { code, complained } = initialise("webhook", complete);
    expect(code).toBe(1);
    expect(complained).toContain("WEBHOOK_SECRET");
  });

  it("is initialised in dispatch where containers may run", () => {
    expect(initialise("dispatch", { ...complete, ...containers }).code).toBe(0);
  });

  it.each([
    ["api", "DISPATCH_QUEUE_URL"],
    ["api", "DEFAULT_TENANT"],
    ["dispatch", "ACCOUNT_ID"],
    ["dispatch", "CONTROL_PLANE_FUNCTION_PREFIX"],
    ["complete", "DISPATCH_QUEUE_URL"],
    ["timekeeper", "TABLE_NAME"],
    ["observe", "EVENT_BUS_NAME"],
    ["api", "EVENT_BUS_NAME"],
    ["intake", "DEFAULT_TENANT"],
    ["intake", "EVENT_BUS_NAME"],
    ["dispatch", "STAGE"],
    ["mirror", "SCHEDULE_GROUP"],
    ["mirror", "SCHEDULER_ROLE_ARN"],
    ["mirror", "RULE_PREFIX"],
    ["watch", "STAGE"],
  ] as const)("fails in %s without %s, and names it", (name, variable) => {
    const { [variable]: _, ...rest } = complete;
    const { code, complained } = initialise(name, rest);
    expect(code).toBe(1);
    expect(complained).toContain(variable);
    expect(complained).toContain(`"${name}"`);
  });

  it.each(["CLUSTER_ARN", "FARGATE_SUBNETS", "RUNNER_FAMILY", "API_URL"])(
    "fails in dispatch where containers may run but %s is missing, and names it",
    (variable) => {
      const { [variable]: _, ...rest }: Record<string, string> = { ...complete, ...containers };
      const { code, complained } = initialise("dispatch", rest);
      expect(code).toBe(1);
      expect(complained).toContain(variable);
    },
  );

  it("fails in api with roles that no caller could have", () => {
    const { code, complained } = initialise("api", { ...complete, IAM_ROLES: "root=*" });
    expect(code).toBe(1);
    expect(complained).toContain("IAM_ROLES");
  });
});
