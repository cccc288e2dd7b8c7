import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";
import { call, doctorFindings, finishedInstances } from "./http.ts";

interface BatchAnswer {
  readonly items: readonly {
    readonly status: number;
    readonly instance: { readonly id: string };
  }[];
}

describe("a host that is killed with 10,000 tasks in flight", () => {
  let directory: string;
  const hosts: HostProcess[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-crash-"));
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.end("SIGKILL")));
    await rm(directory, { recursive: true, force: true });
  });

  const start = async (): Promise<HostProcess> => {
    const host = await startHost(["--data", directory, "--port", "0"]);
    hosts.push(host);
    return host;
  };

  it("finishes every acknowledged instance after the restart, and the invariants hold", async () => {
    const first = await start();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, batch) =>
        call<BatchAnswer>(first.url, "POST", "/v1/instances/batch", {
          items: Array.from({ length: 1_000 }, (_, item) => ({
            task: item % 3 === 0 ? "sleep" : "hello",
            input: item % 3 === 0 ? { ms: 15 } : { name: `${batch}-${item}` },
            ...(item % 10 === 0 ? { delaySeconds: 0.5 } : {}),
          })),
        }),
      ),
    );
    const ids = answers.flatMap(({ body }) => body.items.map(({ instance }) => instance.id));
    expect(ids).toHaveLength(10_000);
    await first.end("SIGKILL");

    const second = await start();
    expect(second.output()).toMatch(/Recovered \d+ open instances/);
    const finished = await finishedInstances(second.url, ids);
    expect(finished).toHaveLength(10_000);
    expect(finished.filter(({ state }) => state !== "succeeded")).toEqual([]);
    expect(await doctorFindings(second.url)).toEqual([]);
    expect(await second.end("SIGTERM")).toBe(0);
  });
});
