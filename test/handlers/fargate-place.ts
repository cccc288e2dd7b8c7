import type { FargatePlace } from "../../functions/adapters/aws/fargate/run-task-input.ts";
import { openIds } from "../../functions/runtime/system-ports.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import { stubClusterArn } from "./stub/stub-ecs.ts";

/** Where the stub's containers run. */
export const fargatePlace: FargatePlace = {
  clusterArn: stubClusterArn,
  runnerFamilies: { node: "switchyard-test-runner" },
  taskFamilyPrefix: "switchyard-test-task-",
  subnets: ["subnet-0a1", "subnet-0b2"],
  securityGroups: ["sg-0c3"],
  assignPublicIp: true,
  apiUrl: "https://api.example.test",
};

const token = "0f1e2d3c4b5a69788796a5b4";

/** A first try of a packaged function. */
export const fargateOrder: AttemptOrder = {
  tenant: "acme",
  instanceId: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attemptId: "att_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attempt: 1,
  token,
  task: "resize",
  taskVersion: 3,
  run: { package: { function: "resize", digest: "a".repeat(64) } },
  input: { secret: "input-marker" },
  interruptible: true,
  priority: 5,
  timeoutMs: 300_000,
  deadlineAtMs: 1_795_208_700_000,
};

export const fargateProof = openIds().fingerprint(token);
