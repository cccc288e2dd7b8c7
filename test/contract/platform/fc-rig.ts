import { createHash } from "node:crypto";
import { openFcClient } from "../../../functions/adapters/alicloud/fc-client.ts";
import { FcConfig } from "../../../functions/adapters/alicloud/fc-config.ts";
import {
  type FcOptions,
  openFcPlatform,
} from "../../../functions/adapters/alicloud/fc-platform.ts";
import { versionNameOf, versionPrefixOf } from "../../../shared/function/lambda-name.ts";
import { fcKeys, StubFc } from "./fc-stub.ts";
import { type PlatformRig, versionOf } from "./platform-suite.ts";
import { startStubServer } from "./stub-server.ts";

export interface FcRig extends PlatformRig {
  readonly fc: StubFc;
  readonly options: FcOptions;
}

/** Function Compute as a stub that keeps state and checks signatures. */
export async function startFcRig(): Promise<FcRig> {
  const fc = new StubFc();
  const server = await startStubServer((request) => fc.answer(request));
  const config = FcConfig.parse({
    accountId: "1234567890123456",
    endpoint: `127.0.0.1:${server.port}`,
    protocol: "http",
    keys: { accessKeyIdVariable: "FC_ID", accessKeySecretVariable: "FC_SECRET" },
  });
  const pace = { sleep: async () => undefined, random: () => Math.random() };
  const options: FcOptions = { ...(await openFcClient(config, fcKeys)), config, pace };
  const versions = (tenant: string, name: string) =>
    [...fc.functions].filter(([key]) => key.startsWith(versionPrefixOf(tenant, name)));
  return {
    fc,
    server,
    options,
    open: () => openFcPlatform(options),
    behave(packageBytes, behaviour) {
      fc.behaviours.set(createHash("sha256").update(packageBytes).digest("hex"), behaviour);
    },
    versionsKept: (tenant, name) =>
      versions(tenant, name).filter(([, fn]) => fn.settings.description.startsWith("switchyard "))
        .length,
    makeForeign(tenant, name) {
      const functionName = versionNameOf(tenant, name, versionOf("one").version.digest);
      fc.functions.set(functionName, {
        settings: {
          functionName,
          description: "somebody else's",
          runtime: "nodejs20",
          handler: "index.handler",
          memorySize: 128,
          cpu: 0.05,
          diskSize: 512,
          timeout: 3,
          instanceConcurrency: 1,
          environmentVariables: {},
          internetAccess: true,
        },
        codeSha256: "another",
        asyncTasks: false,
      });
    },
    exists: (tenant, name) => versions(tenant, name).length > 0,
    violations: fc.violations,
    throttled: {
      kind: "refuse",
      answer: { status: 429, body: { Code: "ResourceThrottled", Message: "slower" } },
    },
    close: () => server.close(),
  };
}
