import { randomUUID } from "node:crypto";
import * as z from "zod";
import { fargateSteps } from "../../../shared/pricing/fargate-sizes.ts";
import {
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

export const stubClusterArn = "arn:aws:ecs:us-east-1:123456789012:cluster/switchyard-test";

/** All that a request of ours may hold: whatever else there is, only a bug puts it there. */
const RunTask = z.strictObject({
  cluster: z.string(),
  taskDefinition: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  count: z.literal(1),
  clientToken: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  startedBy: z.string().regex(/^[A-Za-z0-9_/-]{1,128}$/),
  capacityProviderStrategy: z
    .array(
      z.strictObject({
        capacityProvider: z.enum(["FARGATE", "FARGATE_SPOT"]),
        weight: z.literal(1),
      }),
    )
    .length(1),
  networkConfiguration: z.strictObject({
    awsvpcConfiguration: z.strictObject({
      subnets: z.array(z.string().regex(/^subnet-/)).min(1),
      securityGroups: z.array(z.string().regex(/^sg-/)).min(1),
      assignPublicIp: z.enum(["ENABLED", "DISABLED"]),
    }),
  }),
  overrides: z.strictObject({
    cpu: z.string().optional(),
    memory: z.string().optional(),
    ephemeralStorage: z.strictObject({ sizeInGiB: z.int().min(21).max(200) }).optional(),
    containerOverrides: z
      .array(
        z.strictObject({
          name: z.literal("run"),
          environment: z.array(
            z.strictObject({ name: z.string().regex(/^SWITCHYARD_/), value: z.string() }),
          ),
        }),
      )
      .length(1),
  }),
});
type RunTask = z.infer<typeof RunTask>;

const ListTasks = z.strictObject({ cluster: z.string(), startedBy: z.string() });
const DescribeTasks = z.strictObject({
  cluster: z.string(),
  tasks: z.array(z.string()).min(1).max(100),
});
const StopTask = z.strictObject({
  cluster: z.string(),
  task: z.string(),
  reason: z.string().max(1_024),
});

/** A task of the cluster, as it stands. */
export interface StubTask {
  readonly arn: string;
  readonly input: RunTask;
  readonly createdAtMs: number;
  lastStatus: string;
  startedAtMs?: number;
  stoppedAtMs?: number;
  stopCode?: string;
  stoppedReason?: string;
  exitCode?: number;
  containerReason?: string;
}

export interface TaskEnd {
  readonly stopCode?: string;
  readonly exitCode?: number;
  readonly stoppedReason?: string;
  readonly containerReason?: string;
}

type Provider = "FARGATE" | "FARGATE_SPOT";

/** One cluster of ECS: client tokens, failures[], reads that lag behind, stopped tasks that vanish. */
export class StubEcs implements StubService {
  readonly signingName = "ecs";
  requests = 0;
  /** Task definitions that exist. */
  readonly families = new Set<string>();
  /** Why a capacity provider starts nothing at the moment. */
  readonly full = new Map<Provider, string>();
  readonly tasks: StubTask[] = [];
  /** So many reads to come do not see the tasks of the last minute. */
  blindReads = 0;
  now: () => number = () => Date.now();
  readonly #tokens = new Map<string, StubTask>();

  owns(request: StubRequest): boolean {
    return request.headers["x-amz-target"]?.startsWith("AmazonEC2ContainerService") === true;
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    const action = request.headers["x-amz-target"]?.split(".")[1];
    if (request.headers["content-type"] !== "application/x-amz-json-1.1") {
      throw new StubRefusal("SerializationException", "wrong content type");
    }
    const body: unknown = JSON.parse(request.body);
    switch (action) {
      case "RunTask":
        return this.#run(checked(RunTask, body));
      case "ListTasks":
        return this.#list(checked(ListTasks, body));
      case "DescribeTasks":
        return this.#describe(checked(DescribeTasks, body));
      case "StopTask":
        return this.#stop(checked(StopTask, body));
      default:
        throw new StubRefusal("UnknownOperationException", `no ${action} here`);
    }
  }

  /** Brings a task to RUNNING, and answers with the event. */
  begin(task: StubTask): string {
    task.lastStatus = "RUNNING";
    task.startedAtMs = this.now();
    return this.eventOf(task);
  }

  /** Ends a task, and answers with the event. */
  end(task: StubTask, end: TaskEnd = {}): string {
    Object.assign(task, { stopCode: "EssentialContainerExited", ...end });
    task.lastStatus = "STOPPED";
    task.stoppedAtMs = this.now();
    return this.eventOf(task);
  }

  /** Stopped tasks can be seen for about an hour. */
  forget(task: StubTask): void {
    this.tasks.splice(this.tasks.indexOf(task), 1);
  }

  /** What EventBridge delivers of a task as it stands. */
  eventOf(task: StubTask): string {
    const iso = (atMs: number | undefined) =>
      atMs === undefined ? undefined : new Date(atMs).toISOString();
    return JSON.stringify({
      version: "0",
      id: randomUUID(),
      "detail-type": "ECS Task State Change",
      source: "aws.ecs",
      account: "123456789012",
      time: iso(this.now()),
      region: "us-east-1",
      resources: [task.arn],
      detail: {
        attachments: [{ id: randomUUID(), type: "eni", status: "DELETED", details: [] }],
        attributes: [{ name: "ecs.cpu-architecture", value: "arm64" }],
        availabilityZone: "us-east-1a",
        capacityProviderName: providerOf(task),
        clusterArn: stubClusterArn,
        connectivity: "CONNECTED",
        connectivityAt: iso(task.createdAtMs),
        containers: [
          {
            containerArn: `${task.arn.replace(":task/", ":container/")}/${randomUUID()}`,
            exitCode: task.exitCode,
            lastStatus: task.lastStatus,
            name: "run",
            image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/runner:latest",
            reason: task.containerReason,
            runtimeId: "0123456789abcdef-1234567890",
            taskArn: task.arn,
            networkInterfaces: [{ attachmentId: randomUUID(), privateIpv4Address: "10.83.0.17" }],
            cpu: "0",
          },
        ],
        cpu: task.input.overrides.cpu ?? "256",
        createdAt: iso(task.createdAtMs),
        desiredStatus: task.lastStatus === "STOPPED" ? "STOPPED" : "RUNNING",
        enableExecuteCommand: false,
        ephemeralStorage: { sizeInGiB: 20 },
        executionStoppedAt: iso(task.startedAtMs === undefined ? undefined : task.stoppedAtMs),
        group: `family:${task.input.taskDefinition}`,
        launchType: "FARGATE",
        lastStatus: task.lastStatus,
        memory: task.input.overrides.memory ?? "512",
        overrides: task.input.overrides,
        platformVersion: "1.4.0",
        startedAt: iso(task.startedAtMs),
        startedBy: task.input.startedBy,
        stopCode: task.stopCode,
        stoppedAt: iso(task.stoppedAtMs),
        stoppedReason: task.stoppedReason,
        stoppingAt: iso(task.stoppedAtMs),
        taskArn: task.arn,
        taskDefinitionArn: `arn:aws:ecs:us-east-1:123456789012:task-definition/${task.input.taskDefinition}:3`,
        updatedAt: iso(this.now()),
        version: 5,
      },
    });
  }

  #run(input: RunTask): StubAnswer {
    if (input.cluster !== stubClusterArn) {
      return error("ClusterNotFoundException", "Cluster not found.");
    }
    const known = this.#tokens.get(input.clientToken);
    if (known !== undefined) {
      return JSON.stringify(known.input) === JSON.stringify(input)
        ? { status: 200, body: { tasks: [shown(known)], failures: [] } }
        : error("ConflictException", "the token is in use", { resourceIds: [known.arn] });
    }
    if (!this.families.has(input.taskDefinition)) {
      return error("ClientException", "TaskDefinition not found.");
    }
    checkOverrides(input);
    const provider = input.capacityProviderStrategy[0]?.capacityProvider ?? "FARGATE";
    const reason = this.full.get(provider);
    if (reason !== undefined) return { status: 200, body: { tasks: [], failures: [{ reason }] } };
    const task: StubTask = {
      arn: `${stubClusterArn.replace(":cluster/", ":task/")}/${randomUUID().replaceAll("-", "")}`,
      input,
      createdAtMs: this.now(),
      lastStatus: "PROVISIONING",
    };
    this.tasks.push(task);
    this.#tokens.set(input.clientToken, task);
    return { status: 200, body: { tasks: [shown(task)], failures: [] } };
  }

  #list({ startedBy }: z.infer<typeof ListTasks>): StubAnswer {
    const found = this.#visible().filter(
      (task) => task.input.startedBy === startedBy && task.lastStatus !== "STOPPED",
    );
    return { status: 200, body: { taskArns: found.map(({ arn }) => arn) } };
  }

  #describe({ tasks }: z.infer<typeof DescribeTasks>): StubAnswer {
    const visible = this.#visible();
    const found = visible.filter(({ arn }) => tasks.includes(arn));
    const missing = tasks.filter((arn) => !found.some((task) => task.arn === arn));
    return {
      status: 200,
      body: {
        tasks: found.map(shown),
        failures: missing.map((arn) => ({ arn, reason: "MISSING" })),
      },
    };
  }

  #stop({ task: arn, reason }: z.infer<typeof StopTask>): StubAnswer {
    const task = this.tasks.find((each) => each.arn === arn);
    if (task === undefined) {
      return error("InvalidParameterException", "The referenced task was not found.");
    }
    if (task.lastStatus !== "STOPPED") {
      this.end(task, { stopCode: "UserInitiated", stoppedReason: reason, exitCode: 143 });
    }
    return { status: 200, body: { task: shown(task) } };
  }

  #visible(): readonly StubTask[] {
    if (this.blindReads === 0) return this.tasks;
    this.blindReads -= 1;
    return this.tasks.filter(({ createdAtMs }) => this.now() - createdAtMs > 60_000);
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new StubRefusal("InvalidParameterException", parsed.error.message);
  return parsed.data;
}

function checkOverrides({ overrides }: RunTask): void {
  if (JSON.stringify(overrides).length > 8_192) {
    throw new StubRefusal("InvalidParameterException", "the overrides are too long");
  }
  const { cpu, memory } = overrides;
  if (cpu === undefined && memory === undefined) return;
  const valid = fargateSteps.some(
    (step) =>
      String(step.cpuCores * 1_024) === cpu &&
      Number(memory) >= step.memoryMbMin &&
      Number(memory) <= step.memoryMbMax &&
      (Number(memory) - step.memoryMbMin) % step.memoryMbStep === 0,
  );
  if (!valid) {
    throw new StubRefusal("ClientException", `No Fargate configuration exists: ${cpu}, ${memory}`);
  }
}

function providerOf({ input }: StubTask): string | undefined {
  return input.capacityProviderStrategy[0]?.capacityProvider;
}

function shown(task: StubTask): object {
  const seconds = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs / 1_000);
  return {
    taskArn: task.arn,
    clusterArn: stubClusterArn,
    startedBy: task.input.startedBy,
    lastStatus: task.lastStatus,
    createdAt: seconds(task.createdAtMs),
    startedAt: seconds(task.startedAtMs),
    stoppedAt: seconds(task.stoppedAtMs),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    capacityProviderName: providerOf(task),
  };
}

/** A refusal that a correct caller may meet. */
function error(code: string, message: string, more: object = {}): StubAnswer {
  return {
    status: 400,
    headers: { "x-amzn-errortype": code },
    body: { __type: code, message, ...more },
  };
}
