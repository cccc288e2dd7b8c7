import type { Announcements } from "../../shared/ports/announcements.ts";
import type { Backend } from "../../shared/ports/backend.ts";
import type { Clock, Ids, Random } from "../../shared/ports/clock.ts";
import type { Hints } from "../../shared/ports/hints.ts";
import type { Holidays } from "../../shared/ports/holidays.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Metrics } from "../../shared/ports/metrics.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { RecordHints } from "../../shared/ports/record-hints.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Definitions } from "./definitions.ts";
import type { GateSource } from "./gate-source.ts";
import type { Lines } from "./lines.ts";
import type { RoutingSource } from "./routing-source.ts";
import type { TriggerSource } from "./trigger-source.ts";
import type { Turns } from "./turns.ts";

/** The ports of use cases that write down what happened, without deciding where anything goes. */
export interface RecordingEngine {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly hints: Hints;
  readonly definitions: Definitions;
  /** Absent where nothing travels by reference. */
  readonly payloads?: Payloads;
  /** Absent where nobody can be told at once: then wakes bring it about. */
  readonly recordHints?: RecordHints;
  /** Absent where no calendar can name public holidays. */
  readonly holidays?: Holidays;
  /** How long after a slot's time its schedule wakes, where somebody else says that it has come. */
  readonly slotGraceMs?: number;
  /** Absent where only few of one process want the same records at the same time. */
  readonly turns?: Turns;
}

/** The ports that nearly every use case needs; each host composes one. */
export interface Engine extends RecordingEngine {
  readonly routing: RoutingSource;
  readonly gates: GateSource;
  /** Absent where triggers are read anew for each event. */
  readonly triggers?: TriggerSource;
  /** Absent where nobody can be told. */
  readonly announcements?: Announcements;
  /** Absent where nobody keeps measurements. */
  readonly metrics?: Metrics;
  /** For processes that answer many requests at a time: those that would contend take turns. */
  readonly lines?: Lines;
}

/** An engine that can also start attempts; the function that faces the internet has no such thing. */
export interface RunningEngine extends Engine {
  readonly backends: ReadonlyMap<string, Backend>;
  /** Has every attempt that workers fetch, whatever its pool; absent where there are no pools. */
  readonly pools?: Backend;
}
