import type { Shard } from "@aws-sdk/client-dynamodb-streams";
import { TerminalError } from "../../../../shared/core/errors.ts";

/** The shards from oldest to newest; refused when they do not form one line. */
export function shardsInLine(shards: readonly Shard[]): readonly Shard[] {
  const known = new Set(shards.map((shard) => shard.ShardId));
  const line: Shard[] = [];
  let next = shards.filter((shard) => !known.has(shard.ParentShardId));
  while (next.length > 0) {
    const [only, ...others] = next;
    if (only === undefined || others.length > 0) {
      throw new TerminalError(
        `The table's stream has ${next.length} shards side by side, which have no common order: read it through an event-source mapping.`,
      );
    }
    line.push(only);
    next = shards.filter((shard) => shard.ParentShardId === only.ShardId);
  }
  return line;
}

/** The shard where what follows a position begins; the newest when all of them end before it. */
export function shardAfter(line: readonly Shard[], position: string): Shard | undefined {
  const after = BigInt(position);
  const open = line.find(({ SequenceNumberRange: range }) => {
    const end = range?.EndingSequenceNumber;
    return end === undefined || BigInt(end) > after;
  });
  return open ?? line.at(-1);
}
