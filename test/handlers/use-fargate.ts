import { ECSClient } from "@aws-sdk/client-ecs";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import {
  type FargateBackendOptions,
  fargateClientDefaults,
  openFargateBackend,
} from "../../functions/adapters/aws/fargate/fargate-backend.ts";
import { openIds } from "../../functions/runtime/system-ports.ts";
import type { AttemptOrder, Backend } from "../../shared/ports/backend.ts";
import { fargateOrder, fargatePlace } from "./fargate-place.ts";
import { type AwsStub, startAwsStub } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace } from "./stub/local-clients.ts";
import type { StubTask } from "./stub/stub-ecs.ts";

/** The adapter and a cluster that is empty at the beginning of each test. */
export interface FargateYard {
  readonly stub: AwsStub;
  nowMs: number;
  backend(changes?: Partial<FargateBackendOptions>): Backend;
  /** Each has its own id: the cluster remembers client tokens. */
  orderOf(changes?: Partial<AttemptOrder>): AttemptOrder;
  /** The one task that was ever started in this test. */
  onlyTask(): StubTask;
  /** Of all tasks, in the order in which they were started. */
  providers(): readonly (string | undefined)[];
}

let orders = 0;

/** One cluster for all tests of a file; no test may send what ECS would refuse. */
export function useFargate(): FargateYard {
  let stub: AwsStub | undefined;
  let client: ECSClient | undefined;
  beforeAll(async () => {
    stub = await startAwsStub();
    client = new ECSClient({ ...clientSettings(stub.endpoint), ...fargateClientDefaults });
    stub.ecs.now = () => yard.nowMs;
  });
  afterAll(async () => {
    client?.destroy();
    await stub?.close();
  });
  beforeEach(() => {
    const { ecs } = yard.stub;
    yard.nowMs = 1_795_208_400_000;
    ecs.families.clear();
    for (const family of ["runner", "runner-python", "task-report"]) {
      ecs.families.add(`switchyard-test-${family}`);
    }
    ecs.full.clear();
    ecs.tasks.length = 0;
    ecs.blindReads = 0;
  });
  afterEach(() => expect(stub?.violations).toEqual([]));
  const yard: FargateYard = {
    get stub() {
      return present(stub);
    },
    nowMs: 0,
    backend(changes = {}) {
      const pace = { ...impatientPace(), clock: { now: () => yard.nowMs } };
      const own = { client: present(client), spot: "off", ids: openIds(), pace } as const;
      return openFargateBackend({ ...fargatePlace, ...own, ...changes });
    },
    orderOf(changes = {}) {
      const attemptId = `att_01kaq3v5cs7h2m4d9x8w6t${String(orders++).padStart(4, "0")}`;
      return { ...fargateOrder, attemptId, ...changes };
    },
    onlyTask() {
      const [task, ...others] = yard.stub.ecs.tasks;
      if (task !== undefined && others.length === 0) return task;
      throw new TypeError(`${yard.stub.ecs.tasks.length} tasks`);
    },
    providers: () =>
      yard.stub.ecs.tasks.map(({ input }) => input.capacityProviderStrategy[0]?.capacityProvider),
  };
  return yard;
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError("not open yet");
  return value;
}
