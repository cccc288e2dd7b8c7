import { expect } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import type { Trigger } from "../../shared/event/trigger.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { type Deployment, mirrorFunction } from "./deployment.ts";
import { sqsEvent } from "./lambda-events.ts";
import type { Yard } from "./yard.ts";

interface Here {
  readonly deployment: Deployment;
  readonly yard: Yard;
}

/** Schedules and triggers through the deployed bundles, and what AWS carries between these. */
export interface TimeRecords {
  define(kind: "schedules" | "triggers", name: string, body: object): Promise<void>;
  act(kind: "schedules" | "triggers", name: string, action: "pause" | "resume"): Promise<void>;
  remove(kind: "schedules" | "triggers", name: string): Promise<void>;
  schedule(name: string): Promise<Schedule>;
  trigger(name: string): Promise<Trigger>;
  /** Writes over a schedule's record: the clock of the functions cannot be moved, the record can. */
  change(name: string, change: (schedule: Schedule) => Schedule): Promise<void>;
  /** Calls the mirror with every call to it that waits; answers how many there were. */
  mirror(): Promise<number>;
  /** Forgets the calls that wait, as if they had been lost. */
  loseCalls(): void;
  /** Delivers messages of the intake queue; answers with the bodies that are to come again. */
  arrive(...bodies: readonly (object | string)[]): Promise<readonly string[]>;
}

export function openTimeRecords(here: Here): TimeRecords {
  async function http(method: string, path: string, status: number, body?: object) {
    const answer = await here.yard.http({ method, path, ...(body === undefined ? {} : { body }) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  }
  async function read<Body>(of: "schedule" | "trigger", name: string): Promise<Body> {
    const record = await here.deployment.store.get(keys[of]("default", name));
    if (record === undefined) throw new TypeError(`no ${of} ${name}`);
    return record.body as Body;
  }
  return {
    define: (kind, name, body) => http("PUT", `/v1/${kind}/${name}`, 201, body),
    act: (kind, name, action) => http("POST", `/v1/${kind}/${name}/${action}`, 200, {}),
    remove: (kind, name) => http("DELETE", `/v1/${kind}/${name}`, 200),
    schedule: (name) => read<Schedule>("schedule", name),
    trigger: (name) => read<Trigger>("trigger", name),
    async change(name, change) {
      const { store } = here.deployment;
      const key = keys.schedule("default", name);
      const record = await store.get(key);
      if (record === undefined) throw new TypeError(`no schedule ${name}`);
      const body = change(record.body as unknown as Schedule);
      const put = { kind: "put", expect: record.version } as const;
      const { outcome } = await store.write([{ ...put, record: { key, type: "schedule", body } }]);
      expect(outcome).toBe("wrote");
    },
    async mirror() {
      const { functions, stub } = here.deployment;
      const calls = stub.lambda.take().filter((call) => call.functionArn === mirrorFunction);
      for (const { payload } of calls) await functions.mirror(payload);
      return calls.length;
    },
    loseCalls: () => void here.deployment.stub.lambda.take(),
    async arrive(...bodies) {
      const texts = bodies.map((body) => (typeof body === "string" ? body : JSON.stringify(body)));
      const event = sqsEvent(texts, "intake");
      const answer = (await here.deployment.functions.intake(event)) as {
        readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
      };
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      return event.Records.filter(({ messageId }) => failed.has(messageId)).map(({ body }) => body);
    },
  };
}

/** As if so much time had passed since the schedule was last looked at. */
export function earlier(schedule: Schedule, backMs: number): Schedule {
  return {
    ...schedule,
    sinceMs: schedule.sinceMs - backMs,
    handledMs: schedule.handledMs - backMs,
    anchorMs: schedule.anchorMs - backMs,
    wakeAtMs: Date.now() - 1_000,
  };
}
