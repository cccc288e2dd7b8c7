import { describe, expect, it } from "vitest";
import { openMemorySigningKeys } from "../../functions/adapters/local/signing-keys.ts";
import { runWatch } from "../../functions/watch/run-watch.ts";
import { lookAtDelivery } from "../../functions/webhook/look-at-delivery.ts";
import { planDeliveries } from "../../functions/webhooks/plan-deliveries.ts";
import { openWebhookSource } from "../../functions/webhooks/webhook-source.ts";
import { stateChangesOf } from "../../shared/instance/state-changes.ts";
import { embeddedBench } from "../contract/store/embedded-bench.ts";
import { define, openYard, submit, type Yard } from "./yard.ts";

const bench = embeddedBench();

async function embeddedYard(): Promise<Yard> {
  const embedded = await bench.openAt(bench.directory);
  const yard = openYard({ wrapStore: () => embedded });
  await define(yard, "hello");
  return yard;
}

describe("over the store of one machine", () => {
  it("many who plan and many who look send each message once", async () => {
    const yard = await embeddedYard();
    const body = { url: "https://hooks.example.com/in", states: ["dispatched"] };
    for (const name of ["one", "two"]) await yard.call("PUT", `/v1/webhooks/${name}`, { body });
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => submit(yard, { task: "hello" })),
    );
    const replies = await Promise.all(ids.map((id) => yard.call("GET", `/v1/instances/${id}`)));
    const changes = await Promise.all(
      replies.map(async ({ body: { id } }) => {
        const record = await yard.engine.store.get({ pk: `T#acme#I#${id}`, sk: "I" });
        return stateChangesOf(record?.body as never);
      }),
    );
    const deps = { ...yard.engine, webhooks: openWebhookSource(yard.engine) };
    await Promise.all([1, 2, 3].map(() => planDeliveries(deps, changes.flat())));
    const sent: string[] = [];
    const sender = {
      async send({ headers }: { readonly headers: Readonly<Record<string, string>> }) {
        sent.push(headers["webhook-id"] ?? "");
        return { status: 204, durationMs: 1 };
      },
    };
    const looking = { ...yard.engine, keys: openMemorySigningKeys(), sender };
    for (const name of ["one", "two"]) {
      const page = await yard.call("GET", `/v1/webhooks/${name}/deliveries`);
      expect(page.body.items).toHaveLength(10);
      const looks = page.body.items.flatMap(({ id }: { readonly id: string }) =>
        [1, 2, 3].map(() => lookAtDelivery(looking, "acme", name, id)),
      );
      await Promise.all(looks);
    }
    expect(sent).toHaveLength(20);
    expect(new Set(sent).size).toBe(10);
  });

  it("a missed slot is found, also by several who look at once, and written down once", async () => {
    const yard = await embeddedYard();
    const body = { expression: "0 * * * *", task: "hello" };
    await yard.call("PUT", "/v1/schedules/hourly", { body });
    yard.now += 65 * 60_000;
    await Promise.all([1, 2, 3].map(() => runWatch({ ...yard.engine, canary: false })));
    const { body: page } = await yard.call("GET", "/v1/findings");
    expect(page.items).toMatchObject([{ kind: "slot_missed", subject: "hourly", state: "open" }]);
  });
});
