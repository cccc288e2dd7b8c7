import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openFetchTransport } from "../../client/sdk/fetch-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { type OperationId, operationIds, routes } from "../../shared/contract/http/routes.ts";
import { openYardServer, plainTask, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let client: SwitchyardClient;
beforeAll(async () => {
  yard = await openYardServer({
    behaviour: ({ task, input }) =>
      task === "sleeper" ? undefined : { output: input ?? null, log: "hello from the task\n" },
  });
  client = openClient({ url: yard.url });
  await client.define("resize", plainTask);
  await client.define("sleeper", plainTask);
});
afterAll(async () => {
  client.close();
  await yard.close();
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("the client of deployed functions", () => {
  it("deploys functions, tries them out and removes them", async () => {
    const zip = new Uint8Array(Buffer.from("a zip file"));
    const deployed = await client.deployFunction("thumbs", zip, { memoryMb: 256 }, { wait: true });
    expect(deployed).toMatchObject({ name: "thumbs", state: "active", memoryMb: 256 });
    expect(deployed.package.bytes).toBe(zip.byteLength);
    const again = await client.deployFunction("thumbs", zip, { memoryMb: 256 });
    expect(again.digest).toBe(deployed.digest);
    expect((await client.function("thumbs")).activeDigest).toBe(deployed.digest);
    expect((await all(client.functions())).map(({ name }) => name)).toEqual(["thumbs"]);
    expect(await all(client.functionVersions("thumbs"))).toHaveLength(1);
    expect(await client.tryFunction("thumbs", { n: 1 })).toMatchObject({
      outcome: "returned",
      output: { event: { inputs: { n: 1 } } },
    });
    expect(await client.removeFunction("thumbs")).toEqual({ name: "thumbs", removed: true });
    await expect(client.function("thumbs")).rejects.toMatchObject({ code: "function_not_found" });
  });
});

describe("the client", () => {
  it("defines tasks and lists them with their versions", async () => {
    const first = await client.define("counted", { ...plainTask, description: "one" });
    const again = await client.define("counted", { ...plainTask, description: "one" });
    const second = await client.define("counted", { ...plainTask, description: "two" });
    expect([first.version, again.version, second.version]).toEqual([1, 1, 2]);
    expect((await all(client.tasks())).map(({ name }) => name)).toContain("counted");
    expect((await client.task("counted")).spec.description).toBe("two");
    expect((await all(client.versions("counted"))).map(({ version }) => version)).toEqual([2, 1]);
  });

  it("lists instances across pages, by filter, item by item or page by page", async () => {
    const tags = { made: "for the list" };
    await client.submitMany(Array.from({ length: 7 }, () => ({ task: "sleeper", tags })));
    const filter = { task: "sleeper", tag: "made=for the list", limit: 3 } as const;
    expect(await all(client.list(filter))).toHaveLength(7);
    const pages = await all(client.list(filter).pages());
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(7);
    const since = new Date(Date.now() + 60_000);
    expect(await all(client.list({ ...filter, since }))).toEqual([]);
    const state = ["succeeded", "failed"] as const;
    expect(await all(client.list({ ...filter, state }))).toEqual([]);
  });

  it("tells everything about an instance", async () => {
    const { id } = await client.submitAndWait({ task: "resize", input: 5 });
    expect((await client.status(id)).output).toBe(5);
    expect((await client.history(id)).items[0]?.command).toBe("submit");
    expect((await client.routing(id)).items[0]?.receipt?.chosen).toBe("local");
    expect((await client.why(id)).summary).not.toBe("");
    expect((await client.logs(id)).items[0]?.text).toContain("hello from the task");
    const stats = await client.stats("resize", { hours: 2 });
    expect(stats).toMatchObject({ task: "resize" });
    const placement = await client.placement("resize");
    expect(placement).toMatchObject({ task: "resize", placements: [] });
  });

  it("cancels and starts again", async () => {
    const { id } = await client.submit({ task: "sleeper" });
    expect((await client.cancel(id, { reason: "changed my mind" })).state).toBe("cancelled");
    expect((await client.retry(id)).round).toBe(2);
    await client.cancel(id);
    await expect(client.retry("ins_00000000000000000000000000")).rejects.toMatchObject({
      code: "instance_not_found",
    });
  });

  it("pauses and resumes a task", async () => {
    expect((await client.pause("sleeper", { reason: "a test" })).paused?.reason).toBe("a test");
    expect((await client.resume("sleeper")).paused).toBeUndefined();
  });

  it("purges page by page", async () => {
    const { id } = await client.submitAndWait({ task: "resize" });
    const before = new Date(Date.now() + 1_000);
    const pages = await all(client.purge({ before, task: "resize", states: ["succeeded"] }));
    expect(pages.reduce((sum, page) => sum + page.instancesDeleted, 0)).toBeGreaterThan(0);
    await expect(client.status(id)).rejects.toMatchObject({ status: 404 });
  });

  it("shows inputs and outputs by themselves, whatever their size", async () => {
    const large = "x".repeat(200_000);
    const small = await client.submitAndWait({ task: "resize", input: 5 });
    expect([await client.input(small.id), await client.output(small.id)]).toEqual([5, 5]);
    const { id } = await client.submit({ task: "sleeper", input: large });
    expect(await client.input(id)).toBe(large);
    await yard.started(id);
    await yard.finish(id, { putAway: JSON.stringify(large) });
    expect((await client.wait(id)).output).toBe(large);
  });

  it("asks the doctor and for the health", async () => {
    const pages = await all(client.doctor());
    expect(pages.reduce((sum, page) => sum + page.scanned, 0)).toBeGreaterThan(0);
    expect(await client.health()).toMatchObject({ status: "ok" });
  });

  it("has called every operation of the contract but the pages for people", () => {
    const called = new Set(
      yard.requests.map(({ method, path }) => operationOf(method.toLowerCase(), path)),
    );
    const pages: readonly OperationId[] = ["getOpenApi", "getDocs", "getErrorDocs"];
    const wanted = operationIds.filter((id) => !pages.includes(id));
    expect(wanted.filter((id) => !called.has(id))).toEqual([]);
  });
});

function operationOf(method: string, path: string): OperationId | undefined {
  return operationIds.find((id) => {
    const pattern = new RegExp(`^${routes[id].path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return routes[id].method === method && pattern.test(path);
  });
}

describe("what goes with each request", () => {
  const answering = (status: number, body: unknown, seen: Request[] = []) =>
    openFetchTransport(async (url, init) => {
      seen.push(new Request(url, init));
      return Response.json(body, { status });
    });

  it("is the caller's headers, and a signature made anew for each try", async () => {
    const seen: Request[] = [];
    let signed = 0;
    const signing = openClient({
      url: "https://example.test/stage/",
      headers: { "x-team": "web" },
      sign: (request) => ({
        ...request,
        headers: { ...request.headers, authorization: `signature ${++signed}` },
      }),
      retry: { attemptsMax: 2, delayMsBase: 1 },
      transport: answering(503, { code: "unavailable" }, seen),
    });
    await expect(signing.task("resize")).rejects.toMatchObject({ code: "unavailable" });
    expect(seen.map(({ url }) => url)).toEqual(
      Array.from({ length: 2 }, () => "https://example.test/stage/v1/tasks/resize"),
    );
    expect(seen.map(({ headers }) => headers.get("authorization"))).toEqual([
      "signature 1",
      "signature 2",
    ]);
    expect(seen[0]?.headers.get("x-team")).toBe("web");
  });

  it("keeps names within their place in the path", async () => {
    const seen: Request[] = [];
    const curious = openClient({ transport: answering(200, {}, seen) });
    await curious.task("../instances?x=1");
    expect(new URL(seen[0]?.url ?? "").pathname).toBe("/v1/tasks/..%2Finstances%3Fx%3D1");
  });

  it("takes the health of a server with a part that is down for an answer", async () => {
    const health = { status: "down", version: "1", now: "", components: {} };
    const asking = openClient({ retry: false, transport: answering(503, health) });
    expect(await asking.health()).toEqual(health);
  });
});

describe("a map of tasks", () => {
  interface Tasks {
    thumbnail: { input: { key: string; width: number }; output: { bytes: number } };
    sweep: { output: number };
  }

  it("gives inputs and outputs their types", () => {
    const typed = {} as SwitchyardClient<Tasks>;
    const submit = () => typed.submit({ task: "thumbnail", input: { key: "a", width: 1 } });
    expectTypeOf(submit).returns.resolves.toHaveProperty("output");
    expectTypeOf<Awaited<ReturnType<typeof submit>>["output"]>().toEqualTypeOf<
      { bytes: number } | undefined
    >();
    // @ts-expect-error There is no such task.
    const noTask = () => typed.submit({ task: "thumbnale", input: { key: "a", width: 1 } });
    // @ts-expect-error The input lacks its width.
    const noWidth = () => typed.submit({ task: "thumbnail", input: { key: "a" } });
    // @ts-expect-error This task takes no input.
    const noInput = () => typed.submit({ task: "sweep", input: 1 });
    // @ts-expect-error A dry run has a method of its own.
    const noDryRun = () => typed.submit({ task: "sweep", dryRun: true });
    expect([noTask, noWidth, noInput, noDryRun]).toHaveLength(4);
  });
});
