import { readPortrait } from "../../functions/portrait/read-portrait.ts";
import { keys } from "../../shared/contract/keys.ts";
import { define, openYard, type Yard } from "../api/yard.ts";
import { type Figure, printFigures } from "./figures.ts";

/*
 * How long a portrait of 10,000 schedules takes, from their records to the proposals: half of them
 * daily, nearly as many hourly, some each quarter of an hour; many of one instant. Run with
 * `npx tsx test/bench/portrait-bench.ts`.
 */

const scheduleCount = 10_000;
const taskCount = 100;
/** Schedules are put as copies of one that was defined, since defining each is another measurement. */
const putPerWrite = 100;

const yard = openYard();
await fill(yard);
const figures: Figure[] = [];
for (const hours of [24, 168]) {
  for (const round of ["first", "second"]) {
    const beganMs = performance.now();
    const { portrait } = await readPortrait(yard.engine, "acme", { hours });
    const tookMs = performance.now() - beganMs;
    const name = `portrait of 10,000 schedules, ${hours} h, ${round}`;
    figures.push({ name, value: tookMs, unit: "ms" });
    const { count, sampled } = portrait.drawing.fires;
    figures.push({ name: "  fires looked at", value: count, unit: `(${sampled} sampled)` });
    figures.push({ name: "  collisions", value: portrait.collisionCount, unit: "" });
  }
}
printFigures("Portraits, memory store", figures);

async function fill({ engine, call }: Yard): Promise<void> {
  for (let task = 0; task < taskCount; task++) {
    const needs = { executionSecondsEstimate: 5 + task };
    const concurrency = task % 10 === 0 ? { concurrency: { max: 20 } } : {};
    const run = { function: { module: "hello.mjs" } };
    await define(yard, `task-${task}`, { run, needs, ...concurrency });
  }
  const spec = { expression: "cron(0 0 * * ? *)", task: "task-0" };
  await call.call(yard, "PUT", "/v1/schedules/pattern", { body: spec });
  const pattern = await engine.store.get(keys.schedule("acme", "pattern"));
  const body = pattern?.body as unknown as { readonly spec: object };
  for (let first = 0; first < scheduleCount; first += putPerWrite) {
    await engine.store.write(
      Array.from({ length: putPerWrite }, (_, place) => {
        const name = `s-${String(first + place).padStart(5, "0")}`;
        const own = { ...body, name, spec: { ...body.spec, ...timesOf(first + place) } };
        const key = keys.schedule("acme", name);
        return { kind: "put", expect: "absent", record: { key, type: "schedule", body: own } };
      }),
    );
  }
}

function timesOf(place: number): { readonly expression: string; readonly task: string } {
  const task = `task-${place % taskCount}`;
  const minute = place % 3 === 0 ? 0 : place % 60;
  if (place % 20 === 0) return { task, expression: "cron(0/15 * * * ? *)" };
  if (place % 2 === 0) return { task, expression: `cron(${minute} * * * ? *)` };
  return { task, expression: `cron(${minute} ${place % 7 === 0 ? 0 : place % 24} * * ? *)` };
}
