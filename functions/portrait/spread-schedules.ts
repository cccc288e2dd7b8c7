import type {
  CollisionView,
  SpreadRequest,
  SpreadView,
} from "../../shared/contract/http/portrait-views.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { Engine } from "../runtime/engine.ts";
import { defineSchedule } from "../schedules/define-schedule.ts";
import { scheduleNotFound } from "../schedules/schedule-rejections.ts";
import { collisionToView } from "./portrait-to-view.ts";
import { readPortrait } from "./read-portrait.ts";

type Wanted = NonNullable<SpreadRequest["schedules"]>[number];
type Item = SpreadView["schedules"][number];

/** Schedules that are changed at the same time. */
const lanes = 8;

/** Gives schedules other jitters; all of them must be as the request says, or none is changed. */
export async function spreadSchedules(
  engine: Engine,
  context: TenantContext,
  request: SpreadRequest,
): Promise<SpreadView> {
  const { dryRun } = request;
  const collision = await collisionOf(engine, context.tenant, request);
  const wanted = request.schedules ?? collision?.proposal?.schedules ?? [];
  const present = await presentOf(engine, context.tenant, wanted);
  refuseChanged(wanted, present);
  const schedules: Item[] = [];
  const left = [...wanted.entries()];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [place, each] = next;
        const schedule = present[place];
        if (schedule === undefined) continue;
        schedules[place] = await apply(engine, context, schedule, each, dryRun);
      }
    }),
  );
  const changed = schedules.filter(({ outcome }) => outcome === "changed").length;
  if (!dryRun) engine.log.info("schedules spread", { changed, asked: wanted.length });
  return { dryRun, changed, schedules, ...(collision === undefined ? {} : { collision }) };
}

/** The collision as it is now; throws a RejectionError when there is none with anything to propose. */
async function collisionOf(
  engine: Engine,
  tenant: string,
  { collision: id, hours, group, lambdaConcurrency }: SpreadRequest,
): Promise<CollisionView | undefined> {
  if (id === undefined) return undefined;
  const { portrait } = await readPortrait(engine, tenant, { hours, group, lambdaConcurrency });
  const views = portrait.collisions.map((each) => collisionToView(portrait, each));
  const found = views.find((each) => each.id === id);
  const refused = (detail: string): RejectionError =>
    new RejectionError({
      code: "precondition_failed",
      detail,
      pointer: "/collision",
      suggestion: "read the portrait again with GET /v1/portrait",
    });
  if (found === undefined) {
    throw refused(
      `the portrait of ${hours} hours has no collision ${id} now: its schedules, their run times or what bounds them have changed`,
    );
  }
  if (found.proposal === undefined) throw refused(`${found.message}: nothing is proposed`);
  return found;
}

async function presentOf(
  { store }: Engine,
  tenant: string,
  wanted: readonly Wanted[],
): Promise<readonly Schedule[]> {
  const records = await store.getMany(wanted.map(({ name }) => keys.schedule(tenant, name)));
  return wanted.map(({ name }, place) => {
    const schedule = records[place]?.body as unknown as Schedule | undefined;
    if (schedule === undefined) {
      throw new RejectionError({ ...scheduleNotFound(name), pointer: `/schedules/${place}/name` });
    }
    return schedule;
  });
}

/** Names in a refusal. */
const changedShown = 10;

function refuseChanged(wanted: readonly Wanted[], present: readonly Schedule[]): void {
  const changed = present.flatMap(({ name, revision }, place) =>
    revision === wanted[place]?.revision
      ? []
      : [{ place, text: `${name} (revision ${revision}, not ${wanted[place]?.revision})` }],
  );
  const [first] = changed;
  if (first === undefined) return;
  const more = changed.length > changedShown ? ` and ${changed.length - changedShown} others` : "";
  const names = changed.slice(0, changedShown).map(({ text }) => text);
  throw new RejectionError({
    code: "precondition_failed",
    detail: `schedules were changed meanwhile: ${names.join(", ")}${more}; nothing was changed`,
    pointer: `/schedules/${first.place}/revision`,
    suggestion: "read the portrait again with GET /v1/portrait",
  });
}

async function apply(
  engine: Engine,
  context: TenantContext,
  { name, spec, revision }: Schedule,
  { jitterSeconds }: Wanted,
  dryRun: boolean,
): Promise<Item> {
  const item = { name, jitterSeconds: { before: spec.jitterSeconds, after: jitterSeconds } };
  if (spec.jitterSeconds === jitterSeconds) return { ...item, outcome: "unchanged", revision };
  if (dryRun) return { ...item, outcome: "would_change", revision };
  try {
    const spread = { ...spec, jitterSeconds };
    const { schedule } = await defineSchedule(engine, context, name, spread, revision);
    return { ...item, outcome: "changed", revision: schedule.revision };
  } catch (error) {
    // Those before it are changed already, so this one is told of beside them.
    if (!(error instanceof RejectionError)) throw error;
    const { code, detail } = error.rejection;
    return { ...item, outcome: "refused", revision, problem: { code, detail } };
  }
}
