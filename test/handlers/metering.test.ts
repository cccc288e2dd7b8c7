import { expect, it } from "vitest";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed } from "./yard.ts";

const here = useYard({ environment: { LOG_LEVEL: "debug", FAIR_QUEUE: "off" } });

function unitsOnTheWire(kind: "read" | "write"): number {
  const calls = here.deployment.wire.take().filter((call) => call.kind === kind);
  return calls.reduce((sum, { capacityUnits }) => sum + capacityUnits, 0);
}

describeDeployed("what a plain task consumes", () => {
  it("is six write units: three to accept it, one to start it, two to finish it", async () => {
    const { deployment, yard } = here;
    deployment.wire.take();
    await yard.submit({ input: { picture: "cat-1.jpg" } });
    expect(unitsOnTheWire("write")).toBe(3);
    await yard.dispatch();
    expect(unitsOnTheWire("write")).toBe(1);
    await yard.complete(succeed());
    expect(unitsOnTheWire("write")).toBe(2);
  });

  it("is three read units: its task, and itself before its start and before its end", async () => {
    const { deployment, yard } = here;
    await yard.submit();
    await yard.dispatch();
    await yard.complete(succeed());
    deployment.wire.take();
    await yard.submit();
    await yard.dispatch();
    await yard.complete(succeed());
    expect(unitsOnTheWire("read")).toBe(3);
  });

  it("is one request to the dispatch queue", async () => {
    const { deployment, yard } = here;
    const before = deployment.stub.sqs.requests;
    await yard.submit();
    await yard.dispatch();
    await yard.complete(succeed());
    expect(deployment.stub.sqs.requests - before).toBe(1);
  });
});

describeDeployed("the functions' own meter", () => {
  it("counts what went over the wire", async () => {
    const { deployment, yard } = here;
    await yard.observe();
    deployment.wire.take();
    deployment.logs.take();
    const sqsBefore = deployment.stub.sqs.requests;
    for (let count = 0; count < 3; count++) await yard.submit({ input: count });
    await yard.dispatch();
    await yard.complete(succeed());
    await yard.observe();
    const consumed = deployment.logs.take().filter(({ message }) => message === "consumed");
    const metered = (unit: string) =>
      consumed.reduce((sum, line) => sum + Number(line[unit] ?? 0), 0);
    const calls = deployment.wire.take();
    const onTheWire = (kind: string) =>
      calls.reduce((sum, call) => sum + (call.kind === kind ? call.capacityUnits : 0), 0);
    expect(metered("dynamodb.writeUnits")).toBe(onTheWire("write"));
    expect(metered("dynamodb.readUnits")).toBe(onTheWire("read"));
    expect(metered("sqs.requests")).toBe(deployment.stub.sqs.requests - sqsBefore);
    expect(metered("eventbridge.events")).toBe(3);
  });
});

describeDeployed("the functions' log", () => {
  it("holds neither payloads nor tokens, not even at debug level or when something fails", async () => {
    const { deployment, yard } = here;
    deployment.logs.take();
    const marker = "secret-marker-in-a-payload";
    const { id } = await yard.submit({ input: { marker }, config: { marker } });
    await yard.dispatch();
    const { attempts } = await yard.instance(id);
    deployment.wire.fail("PutItem", "throttle", "throttle", "throttle", "throttle", "throttle");
    const [event] = await yard.complete(succeed({ marker }));
    if (event === undefined) throw new TypeError("nothing was completed");
    await yard.deliver("complete", event);
    await yard.observe();
    expect((await yard.instance(id)).state).toBe("succeeded");
    const log = JSON.stringify(deployment.logs.take());
    expect(log).toContain(id);
    expect(log).toContain("it is delivered again");
    expect(log).not.toContain(marker);
    expect(log).not.toContain(attempts[0]?.token ?? "an instance without attempts");
  });
});
