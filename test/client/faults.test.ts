import { afterEach, describe, expect, it } from "vitest";
import { openFetchTransport } from "../../client/sdk/fetch-transport.ts";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { type ClientOptions, openClient } from "../../client/sdk/open-client.ts";
import { type Fault, openHostileProxy, type ProxiedRequest } from "./hostile-proxy.ts";
import { openQuickClock } from "./quick-clock.ts";
import { instancesIn, openYardServer, plainTask } from "./yard-server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The real API behind a network that does what the plan says to requests about instances. */
async function openHostileYard(
  plan: (request: Omit<ProxiedRequest, "fault">, submits: number) => Fault,
  options: ClientOptions = {},
) {
  const yard = await openYardServer();
  let submits = 0;
  const proxy = await openHostileProxy(yard.url, (request) =>
    request.path.startsWith("/v1/instances") ? plan(request, submits++) : "none",
  );
  const clock = openQuickClock();
  const client = openClient({ url: proxy.url, transport: openNodeTransport(), clock, ...options });
  closing.push(
    () => yard.close(),
    () => proxy.close(),
    () => client.close(),
  );
  await client.define("resize", plainTask);
  const tries = () => proxy.requests.filter(({ path }) => path.startsWith("/v1/instances"));
  return { yard, proxy, client, clock, tries };
}

/** Each fault in turn, then good answers: a plan that ends. */
const inTurn =
  (...faults: readonly Fault[]) =>
  (_: unknown, submits: number): Fault =>
    faults[submits] ?? "none";

const transports = [
  ["node:http", openNodeTransport],
  ["fetch", openFetchTransport],
] as const;

describe.each(transports)("over %s, a submission whose answer is lost", (_, openTransport) => {
  const faults: readonly Fault[] = [
    "drop before",
    "drop after",
    "break off",
    "cut JSON",
    "gateway timeout",
    "garbage",
    "busy",
  ];

  it.each(faults)("is made once, after: %s", async (fault) => {
    const { yard, client, tries } = await openHostileYard(inTurn(fault), {
      transport: openTransport(),
    });
    const { id } = await client.submit({ task: "resize", input: fault });
    expect(instancesIn(yard.store)).toBe(1);
    expect((await client.status(id)).input).toBe(fault);
    const [first, second] = tries().filter(({ method }) => method === "POST");
    expect(second?.body).toBe(first?.body);
  });

  it("is made once, after silence", async () => {
    const { yard, client } = await openHostileYard(inTurn("silence"), {
      transport: openTransport(),
      requestTimeoutMs: 200,
    });
    await client.submit({ task: "resize" });
    expect(instancesIn(yard.store)).toBe(1);
  });

  it("follows no redirect, which could take a credential anywhere", async () => {
    const { client } = await openHostileYard(inTurn("redirect"), { transport: openTransport() });
    await expect(client.submit({ task: "resize" })).rejects.toMatchObject({ code: "bad_answer" });
  });
});

describe("many submissions over a bad network", () => {
  it("are each made exactly once, and each gets its own answer", async () => {
    const faults: readonly Fault[] = [
      "none",
      "drop before",
      "drop after",
      "break off",
      "cut JSON",
      "gateway timeout",
    ];
    let seed = 42;
    const plan = (): Fault => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return faults[Math.floor((seed / 2_147_483_648) * 2 * faults.length)] ?? "none";
    };
    const { yard, client, tries } = await openHostileYard(plan);
    const ids = new Map<string, number>();
    let next = 0;
    const submitOn = async (): Promise<void> => {
      while (next < 1_500) {
        const input = next++;
        const { id } = await client.submit({ task: "resize", input });
        ids.set(id, input);
      }
    };
    await Promise.all(Array.from({ length: 64 }, submitOn));
    expect(tries().some(({ fault }) => fault === "drop after")).toBe(true);
    expect(ids.size).toBe(1_500);
    const stored = [...yard.store.all()].filter(({ type }) => type === "instance");
    expect(stored).toHaveLength(1_500);
    for (const { body } of stored) {
      const { id, input } = body as { id: string; input: number };
      expect(ids.get(id)).toBe(input);
    }
  });

  it("wait together while the server is down, instead of all knocking", async () => {
    let goOn = (): void => undefined;
    let backedOff = (): void => undefined;
    const backOff = new Promise<void>((resolve) => {
      backedOff = resolve;
    });
    const clock = {
      ...openQuickClock(),
      sleep: () => {
        backedOff();
        return new Promise<void>((resolve) => {
          goOn = resolve;
        });
      },
    };
    const { yard, client, tries } = await openHostileYard(inTurn("drop before"), { clock });
    const submits = [client.submit({ task: "resize", input: 0 })];
    await backOff;
    for (let input = 1; input < 50; input++) {
      submits.push(client.submit({ task: "resize", input }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(tries()).toHaveLength(1);
    goOn();
    await Promise.all(submits);
    expect(instancesIn(yard.store)).toBe(50);
    expect(tries().length).toBeLessThanOrEqual(4);
  });
});

describe("trying again", () => {
  it("waits as long as the server asks, and its own jitter on top", async () => {
    const { client, clock } = await openHostileYard(inTurn("busy", "busy"));
    await client.submit({ task: "resize" });
    expect(clock.sleeps).toEqual([7_050, 7_100]);
  });

  it("ends after the tries that are allowed, and says what the last one met", async () => {
    const { client, tries } = await openHostileYard(() => "drop before", {
      retry: { attemptsMax: 3 },
    });
    const error = await client.submit({ task: "resize" }).catch((reason) => reason);
    expect(error).toMatchObject({ code: "unreachable", status: 0, retryable: true });
    expect(tries()).toHaveLength(3);
  });

  it("ends when the time for it is over, even with tries left", async () => {
    const { client, tries } = await openHostileYard(() => "busy", {
      retry: { attemptsMax: 100, totalMsMax: 20_000 },
    });
    await expect(client.submit({ task: "resize" })).rejects.toMatchObject({ code: "unavailable" });
    expect(tries()).toHaveLength(3);
  });

  it("is not done when it is turned off, and then no key is made", async () => {
    const { client, tries } = await openHostileYard(inTurn("busy"), { retry: false });
    await expect(client.submit({ task: "resize" })).rejects.toMatchObject({ status: 503 });
    expect(tries()).toHaveLength(1);
    expect(tries()[0]?.body).not.toContain("idempotencyKey");
  });

  it("keeps the key that the caller gave", async () => {
    const { client, tries } = await openHostileYard(inTurn("drop after"));
    const instance = await client.submit({ task: "resize", idempotencyKey: "mine" });
    expect(instance.idempotencyKey).toBe("mine");
    expect(tries().map(({ body }) => JSON.parse(body).idempotencyKey)).toEqual(["mine", "mine"]);
  });

  it("makes different keys for different submissions", async () => {
    const { client, tries } = await openHostileYard(() => "none");
    await client.submit({ task: "resize" });
    await client.submitMany([{ task: "resize" }, { task: "resize" }]);
    const keys = tries().flatMap(({ body }) => body.match(/"sw_[^"]+"/g) ?? []);
    expect(new Set(keys).size).toBe(3);
  });

  it("concerns only the items of a batch that failed for now", async () => {
    const { yard, client, tries } = await openHostileYard(() => "none");
    const write = yard.store.write.bind(yard.store);
    let faults = 2;
    yard.store.write = async (changes) => {
      if (JSON.stringify(changes).includes("unlucky") && faults-- > 0) {
        const { TransientError } = await import("../../shared/core/errors.ts");
        throw new TransientError("throttled");
      }
      return write(changes);
    };
    const inputs = ["lucky", "unlucky", "lucky"];
    const outcomes = await client.submitMany(inputs.map((input) => ({ task: "resize", input })));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(tries().map(({ path }) => path)).toEqual([
      "/v1/instances/batch",
      "/v1/instances",
      "/v1/instances",
    ]);
  });

  it("happens for calls that may be repeated, and not for a retry that may have begun", async () => {
    const { yard, client, tries } = await openHostileYard((request) =>
      request.path.endsWith("/retry") ? "drop after" : "none",
    );
    const { id } = await client.submit({ task: "resize" });
    await client.cancel(id);
    await expect(client.retry(id)).rejects.toMatchObject({
      code: "unreachable",
      notApplied: false,
    });
    expect(tries().filter(({ path }) => path.endsWith("/retry"))).toHaveLength(1);
    expect((await client.status(id)).round).toBe(2);
    expect(instancesIn(yard.store)).toBe(1);
  });

  it("cancels once and answers well although the first answer was lost", async () => {
    const { client } = await openHostileYard((request) =>
      request.path.endsWith("/cancel") && request.number < 4 ? "drop after" : "none",
    );
    const { id } = await client.submit({ task: "resize" });
    expect((await client.cancel(id, { reason: "not needed" })).state).toBe("cancelled");
  });
});

describe("a server that is none", () => {
  it("is told apart from one that does not answer", async () => {
    const { client } = await openHostileYard(() => "garbage", { retry: { attemptsMax: 2 } });
    await expect(client.submit({ task: "resize" })).rejects.toMatchObject({ code: "bad_answer" });
    const nobody = await openYardServer();
    await nobody.close();
    for (const [, openTransport] of transports) {
      const lonely = openClient({ url: nobody.url, retry: false, transport: openTransport() });
      await expect(lonely.health()).rejects.toMatchObject({
        code: "unreachable",
        notApplied: true,
      });
    }
  });

  it("is refused when its address is no address", () => {
    expect(() => openClient({ url: "localhost" })).toThrow(/address of a server/);
  });
});
