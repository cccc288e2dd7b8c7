import { describe, expect, it } from "vitest";
import { openClient } from "../../client/sdk/open-client.ts";
import type { Transport, TransportRequest } from "../../client/sdk/transport.ts";
import { defineTask } from "../../client/task/define-task.ts";
import { invocationEnvelope } from "../../shared/contract/envelope.ts";

function recordingTransport(): { transport: Transport; sent: TransportRequest[] } {
  const sent: TransportRequest[] = [];
  const transport: Transport = {
    send: async (request) => {
      sent.push(request);
      const items = (JSON.parse(String(request.body ?? "{}")).items ?? []) as unknown[];
      const instance = { id: "ins_01kaq3v5d20c8r6k1n5j7w3y9f", state: "pending" };
      const body = request.url.endsWith("/batch")
        ? { items: items.map(() => ({ status: 202, instance })) }
        : instance;
      return { status: 202, text: JSON.stringify(body), header: () => "application/json" };
    },
    close: () => undefined,
  };
  return { transport, sent };
}

const envelopeOf = (id: string, group: string) =>
  invocationEnvelope({
    tenant: "acme",
    instanceId: id,
    attemptId: id.replace("ins_", "att_"),
    attempt: 1,
    task: "parent",
    taskVersion: 1,
    timeoutMs: 1_000,
    deadlineAtMs: Date.parse("2100-01-01T00:00:00Z"),
    group,
  });

const one = "ins_01kaq3v5cs7h2m4d9x8w6t0r1b";
const other = "ins_01kaq3v5d20c8r6k1n5j7w3y9f";

describe("a client in a task's code", () => {
  it("sends the group and the colour of its attempt with what it submits", async () => {
    const { transport, sent } = recordingTransport();
    const client = openClient({ transport });
    const parent = defineTask({ handler: async () => client.submit({ task: "child" }) });
    await parent(envelopeOf(one, "night"));
    await client.submit({ task: "child" });
    expect(sent.map(({ headers }) => headers.baggage)).toEqual([
      `switchyard.instance=${one},switchyard.group=night,switchyard.colour=${one}`,
      undefined,
    ]);
    expect(sent[0]?.headers.traceparent).toMatch(/^00-/);
  });

  it("never lets submissions of different attempts travel together", async () => {
    const { transport, sent } = recordingTransport();
    const client = openClient({ transport, submitRequestsMax: 1 });
    const parent = defineTask({
      handler: () => Promise.all([1, 2].map(() => client.submit({ task: "child" }))),
    });
    await Promise.all([parent(envelopeOf(one, "night")), parent(envelopeOf(other, "day"))]);
    const groups = sent.map(({ headers }) => /group=(\w+)/.exec(headers.baggage ?? "")?.[1]);
    expect(groups).toEqual(["night", "day"]);
    expect(sent.map(({ body }) => JSON.parse(String(body ?? "{}")).items?.length)).toEqual([2, 2]);
  });
});
