import { describe, expect, it } from "vitest";
import { HintQueue } from "../../../functions/local/hint-queue.ts";
import type { Hint } from "../../../shared/ports/hints.ts";

/** A queue whose looks are noted, with room for so many at a time. */
function openQueue(room: number) {
  const looked: string[] = [];
  let wanted = 0;
  let tell = (): void => undefined;
  const queue = new HintQueue({
    clock: { now: () => 0 },
    room: () => room,
    look: async (hints) => {
      looked.push(...hints.map(({ instanceId }) => instanceId));
      if (looked.length >= wanted) tell();
    },
  });
  const lookedAt = (count: number): Promise<readonly string[]> => {
    wanted = count;
    return new Promise((resolve) => {
      tell = () => resolve(looked);
      if (looked.length >= wanted) tell();
    });
  };
  return { queue, lookedAt };
}

function hintsOf(tenant: string, lane: string, count: number): Hint[] {
  return Array.from({ length: count }, (_, n) => ({
    tenant,
    lane,
    instanceId: `${tenant} ${lane} ${n}`,
  }));
}

describe("the local queue of hints", () => {
  it("looks at ten of a quiet tenant within twenty looks, whatever a noisy one has sent", async () => {
    const { queue, lookedAt } = openQueue(1);
    await queue.send(hintsOf("noisy", "report", 50_000));
    await queue.send(hintsOf("quiet", "mail", 10));
    const looked = await lookedAt(20);
    queue.close();
    const quiet = looked.slice(0, 20).filter((id) => id.startsWith("quiet"));
    expect(quiet).toHaveLength(10);
  });

  it("lets the tasks of one tenant take turns", async () => {
    const { queue, lookedAt } = openQueue(1);
    await queue.send(hintsOf("one", "report", 1_000));
    await queue.send(hintsOf("one", "mail", 3));
    const looked = await lookedAt(6);
    queue.close();
    expect(looked.slice(0, 6).filter((id) => id.includes("mail"))).toHaveLength(3);
  });

  it("looks once for however many hints of an instance", async () => {
    const { queue, lookedAt } = openQueue(1_000);
    await queue.send([...hintsOf("one", "report", 2), ...hintsOf("one", "report", 3)]);
    const looked = await lookedAt(3);
    expect([...looked].sort()).toEqual(["one report 0", "one report 1", "one report 2"]);
    expect(queue.waiting.ready).toBe(0);
    queue.close();
  });
});
