import type { InstanceListQuery } from "../../../shared/contract/http/requests.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Candidate } from "../../../shared/ports/store.ts";
import { makeCursor, placeOfCursor } from "../../lists/cursor.ts";
import { MergedScan } from "../../lists/merged-scan.ts";
import type { Engine } from "../../runtime/engine.ts";

export interface InstancePage {
  readonly instances: readonly Instance[];
  readonly nextCursor?: string;
}

/** Records read at once while looking for matches. */
const readAtOnce = 100;

/**
 * Instances newest first. Each page reads a bounded number of records, so a rare match may take
 * several pages; the cursor goes on exactly where the page stopped.
 */
export async function listInstances(
  engine: Engine,
  tenant: string,
  query: InstanceListQuery,
): Promise<InstancePage> {
  const { limit = limits.pageSizeDefault, cursor, ...filters } = query;
  const binding = { tenant, operation: "listInstances", filters };
  const scan = await MergedScan.open(engine.store, {
    tenant,
    task: filters.task,
    group: filters.group,
    sinceMs: filters.since === undefined ? undefined : Date.parse(filters.since),
    untilMs: filters.until === undefined ? undefined : Date.parse(filters.until),
    after: placeOfCursor(engine.ids, binding, cursor),
    order: "descending",
  });
  const matches = matcherOf(filters);
  const instances: Instance[] = [];
  let last: string | undefined;
  let scanned = 0;
  while (instances.length < limit && scanned < limits.listScanMax) {
    const wanted = matches === everything ? limit - instances.length : readAtOnce;
    const candidates = await scan.take(Math.min(wanted, limits.listScanMax - scanned));
    if (candidates.length === 0) break;
    scanned += candidates.length;
    const found = await readInstances(engine, candidates);
    for (const [place, candidate] of candidates.entries()) {
      const instance = found[place];
      last = candidate.sort;
      if (instance !== undefined && matches(instance)) instances.push(instance);
      if (instances.length < limit) continue;
      const more = place < candidates.length - 1 || !(await scan.isDone());
      return page(instances, more ? makeCursor(engine.ids, binding, last) : undefined);
    }
  }
  const done = last === undefined || (await scan.isDone());
  return page(instances, done ? undefined : makeCursor(engine.ids, binding, last ?? ""));
}

function page(instances: readonly Instance[], nextCursor: string | undefined): InstancePage {
  return nextCursor === undefined ? { instances } : { instances, nextCursor };
}

/** The records behind candidates, in order; undefined where there is none any more. */
export async function readInstances(
  engine: Pick<Engine, "store">,
  candidates: readonly Candidate[],
): Promise<readonly (Instance | undefined)[]> {
  const records = await engine.store.getMany(candidates.map(({ key }) => key));
  return records.map((record) => record?.body as unknown as Instance | undefined);
}

type Filters = Omit<InstanceListQuery, "limit" | "cursor">;
type Matcher = (instance: Instance) => boolean;

const everything: Matcher = () => true;

/** What the index does not select is compared with the record itself. */
function matcherOf({ task, group, colour, state, tag, q }: Filters): Matcher {
  const tests: Matcher[] = [];
  if (state !== undefined) {
    const wanted = new Set<string>(state);
    tests.push((instance) => wanted.has(instance.state));
  }
  // With a task given, candidates come from the task's partition.
  if (group !== undefined && task !== undefined) {
    tests.push((instance) => instance.group === group);
  }
  if (colour !== undefined) {
    tests.push((instance) => (instance.colour ?? instance.id) === colour);
  }
  for (const text of tag ?? []) tests.push(tagMatcher(text));
  if (q !== undefined) {
    const needle = q.toLowerCase();
    tests.push((instance) => searchedTexts(instance).some((text) => contains(text, needle)));
  }
  return tests.length === 0 ? everything : (instance) => tests.every((test) => test(instance));
}

function tagMatcher(text: string): Matcher {
  const split = text.indexOf("=");
  const name = split < 0 ? text : text.slice(0, split);
  const value = split < 0 ? undefined : text.slice(split + 1);
  return ({ tags }) =>
    tags !== undefined &&
    Object.hasOwn(tags, name) &&
    (value === undefined || tags[name] === value);
}

function searchedTexts(instance: Instance): readonly (string | undefined)[] {
  const { id, task, group, tags = {}, idempotency, attempts, error } = instance;
  return [
    id,
    task,
    group,
    idempotency?.key,
    attempts.at(-1)?.backend,
    error?.name,
    error?.message,
    ...Object.entries(tags).flat(),
  ];
}

function contains(text: string | undefined, needle: string): boolean {
  return text?.toLowerCase().includes(needle) ?? false;
}
