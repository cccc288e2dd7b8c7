import type { RecordHint, RecordHints } from "../../../shared/ports/record-hints.ts";
import type { Environment } from "./environment.ts";
import type { World } from "./world.ts";

/** Brings a hint about a record to where it is worked on, after a while. */
export type TellOfRecord = (hint: RecordHint, delayMs: number) => void;

/** Sends what it can, in tens as the queue's interface does, and never throws. */
export function recordHintsFor(
  world: World,
  tell: TellOfRecord,
  environment: Environment,
): RecordHints {
  const random = world.random("record hints", environment.name);
  const { faults, config } = world;
  const feedsItself = environment.name.startsWith("intake") && !config.intakeHints;
  return {
    mirrors: config.mirrors,
    async send(given) {
      const hints = given.filter(({ kind }) => kind === "mirror" || !feedsItself);
      for (let start = 0; start < hints.length; start += 10) {
        const part = hints.slice(start, start + 10);
        const names = part.map(({ kind, name }) => `${kind} ${name}`);
        await environment.call(`record hints ${names}`, async () => {
          for (const hint of part) {
            const delayMs = Math.max(0, (hint.notBeforeMs ?? 0) - environment.clock.now());
            const lateMs = faults.strikes("hintLate") ? random.int(1_000, 300_000) : 0;
            if (faults.strikes("hintLost")) world.saw("hint lost");
            else tell(hint, delayMs + lateMs);
            if (faults.strikes("hintDoubled")) tell(hint, random.int(0, 60_000));
          }
        });
      }
    },
  };
}
