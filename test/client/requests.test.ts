import { describe, expect, expectTypeOf, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openFetchTransport } from "../../client/sdk/fetch-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";

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
