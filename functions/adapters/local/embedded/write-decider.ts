import { InvariantError } from "../../../../shared/core/errors.ts";
import type {
  Change,
  Conflict,
  Key,
  StoredRecord,
  WriteResult,
} from "../../../../shared/ports/store.ts";
import { applyChange, assertWritable, keyOf, keyText, lost } from "../../memory/apply-change.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Materialiser } from "./materialiser.ts";
import type { RecordLayers } from "./record-layers.ts";
import { deletionLineOf, lineOf } from "./record-line.ts";
import { assertStorableKey } from "./record-rows.ts";
import { newVersion, type Version } from "./version.ts";

/** Decides writes in the order of their calls, each against everything accepted before it. */
export class WriteDecider {
  readonly #layers: RecordLayers;
  readonly #commits: GroupCommit;
  readonly #materialiser: Materialiser;
  /** The versions that the write being decided would make, and what they replace. */
  readonly #versions: Version[] = [];
  readonly #replaced: (StoredRecord | undefined)[] = [];

  constructor(layers: RecordLayers, commits: GroupCommit, materialiser: Materialiser) {
    this.#layers = layers;
    this.#commits = commits;
    this.#materialiser = materialiser;
  }

  /** Decides a write, and takes it over when it holds; resolves when its answer is safe to give. */
  decide(changes: readonly Change[]): Promise<WriteResult> {
    assertWritable(changes);
    const versions = this.#versions;
    const replaced = this.#replaced;
    versions.length = 0;
    replaced.length = 0;
    let conflicts: Conflict[] | undefined;
    let newestGroup = 0;
    for (let changeIndex = 0; changeIndex < changes.length; changeIndex++) {
      const change = changes[changeIndex];
      if (change === undefined) continue;
      const key = keyOf(change);
      const text = keyText(key);
      const { record: before, group } = this.#layers.find(key, text);
      if (group > newestGroup) newestGroup = group;
      const after = applyChange(change, before);
      if (after === lost) {
        conflicts ??= [];
        conflicts.push({ changeIndex, current: before });
      } else if (change.kind !== "check") {
        versions.push(versionOf(key, text, before, after, this.#commits.collecting.number));
        replaced.push(before);
      }
    }
    if (conflicts !== undefined) {
      return this.#whenBased({ outcome: "lost", conflicts }, newestGroup);
    }
    if (versions.length === 0) return this.#whenBased({ outcome: "wrote" }, newestGroup);
    return this.#accept(versions, replaced);
  }

  /** Nothing here can fail: a write is taken over as a whole or, before this, not at all. */
  #accept(
    versions: readonly Version[],
    replaced: readonly (StoredRecord | undefined)[],
  ): Promise<WriteResult> {
    const group = this.#commits.collecting;
    const { active } = this.#layers;
    for (let index = 0; index < versions.length; index++) {
      const version = versions[index];
      if (version === undefined) continue;
      group.add(version);
      active.put(version, replaced[index]);
    }
    active.lastPosition = group.lastPosition;
    active.lastGroup = group.number;
    this.#commits.start();
    this.#materialiser.noteWrite();
    return group.durable;
  }

  /** Gives an answer once the newest version that it is based on is on disk. */
  #whenBased(result: WriteResult, group: number): Promise<WriteResult> {
    const pending = this.#commits.whenDurable(group);
    return pending === undefined ? Promise.resolve(result) : pending.then(() => result);
  }
}

function versionOf(
  key: Key,
  text: string,
  before: StoredRecord | undefined,
  after: StoredRecord | undefined,
  group: number,
): Version {
  if (after !== undefined) {
    if (before === undefined) assertStorableKey(key, text);
    return newVersion(key, text, after.type, after, group, lineOf(after));
  }
  if (before === undefined) throw new InvariantError("a delete was accepted where nothing was");
  const { type, version } = before;
  return newVersion(key, text, type, undefined, group, deletionLineOf(key, type, version));
}
