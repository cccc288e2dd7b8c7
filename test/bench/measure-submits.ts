import type { SwitchyardClient } from "../../client/sdk/client.ts";
import type { Figure } from "./figures.ts";

const later = { task: "bench-nothing", delaySeconds: 86_400 };

/** Submissions that start nothing now: what accepting costs, durable before each answer. */
export async function measureSubmits(client: SwitchyardClient): Promise<readonly Figure[]> {
  const alone = await perSecond(2_000, async (count) => {
    for (let i = 0; i < count; i++) await client.submit(later);
  });
  const inFlight = await perSecond(60_000, (count) =>
    keepInFlight(count, 64, () => client.submit(later)),
  );
  const batches = await perSecond(150_000, async (count) => {
    const batch = Array.from({ length: 1_000 }, () => later);
    await keepInFlight(count / 1_000, 4, async () => {
      const outcomes = await client.submitMany(batch);
      const refused = outcomes.find((outcome) => !outcome.ok);
      if (refused !== undefined && !refused.ok) throw refused.error;
    });
  });
  return [
    { name: "submit, 1 in flight", value: alone, unit: "/s" },
    { name: "submit, 64 in flight", value: inFlight, unit: "/s" },
    { name: "submit, batches of 1,000", value: batches, unit: "/s" },
  ];
}

export async function keepInFlight(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(width, count) }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

async function perSecond(count: number, work: (count: number) => Promise<void>): Promise<number> {
  await work(Math.min(count, 1_000));
  const startedAtMs = performance.now();
  await work(count);
  return (count * 1_000) / (performance.now() - startedAtMs);
}
