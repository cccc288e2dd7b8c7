import { openPoolBackend } from "../../../functions/pools/pool-backend.ts";
import { openDefinitions } from "../../../functions/runtime/definitions.ts";
import type { Engine, RunningEngine } from "../../../functions/runtime/engine.ts";
import { openGateSource } from "../../../functions/runtime/gate-source.ts";
import { openRoutingSource } from "../../../functions/runtime/routing-source.ts";
import { openTriggerSource } from "../../../functions/runtime/trigger-source.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import type { Backend } from "../../../shared/ports/backend.ts";
import type { Doorbells } from "../../../shared/ports/doorbells.ts";
import type { Events } from "../../../shared/ports/events.ts";
import type { Hint, Hints } from "../../../shared/ports/hints.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { Environment } from "./environment.ts";
import type { FaultyStores } from "./faulty-store.ts";
import type { MessageQueue } from "./message-queue.ts";
import { recordHintsFor, type TellOfRecord } from "./record-hints.ts";
import { simulatedIds } from "./simulated-ids.ts";
import type { World } from "./world.ts";

/** Where attempts run in a world, with what the checks want to know of it. */
export interface WorldBackend extends Backend {
  /** Attempts whose code or container lives. */
  readonly running: number;
  /** Attempts that it was asked to stop. */
  readonly stops: ReadonlySet<string>;
}

/** What the environments of a run reach. */
export interface Surroundings {
  readonly world: World;
  readonly stores: FaultyStores;
  readonly hintQueue: MessageQueue<Hint>;
  readonly backends: readonly WorldBackend[];
  /** Brings a hint about a record to where it is worked on. */
  readonly tell: TellOfRecord;
  /** The bells of the pools. */
  readonly ring: (tenant: string, pool: string) => void;
}

/** The ports of one environment; each of their calls can be its last. */
export function engineFor(around: Surroundings, environment: Environment): RunningEngine {
  const { world, stores, backends } = around;
  const store = stores.openFor(environment);
  const engine: Engine = {
    store,
    clock: environment.clock,
    random: world.random("engine", environment.name),
    ids: simulatedIds(world),
    log: logFor(world),
    hints: hintsFor(around, environment),
    definitions: openDefinitions(store),
    recordHints: recordHintsFor(world, around.tell, environment),
    triggers: openTriggerSource({ store, clock: environment.clock, log: logFor(world) }),
    gates: openGateSource({ store, clock: environment.clock }),
    routing: openRoutingSource({
      store,
      clock: environment.clock,
      fixedBackends: backends.map(({ capabilities }) => capabilities),
    }),
  };
  return {
    ...engine,
    backends: new Map(
      backends.map((backend) => [backend.capabilities.name, backendFor(backend, environment)]),
    ),
    pools: openPoolBackend({ ...engine, doorbells: bellsFor(around, environment) }),
  };
}

/** Rings, unless nobody hears it. */
function bellsFor({ world, ring }: Surroundings, environment: Environment): Doorbells {
  return {
    ring: (tenant, pool) =>
      environment.call(`ring ${pool}`, async () => {
        if (!world.faults.strikes("ringLost")) ring(tenant, pool);
      }),
  };
}

/** Sends what it can, in tens as the queue's interface does, and never throws. */
function hintsFor({ world, hintQueue }: Surroundings, environment: Environment): Hints {
  const random = world.random("hints", environment.name);
  const { faults } = world;
  return {
    async send(hints) {
      if (!world.config.dispatchHints && environment.name.startsWith("dispatch")) return;
      for (let start = 0; start < hints.length; start += 10) {
        const part = hints.slice(start, start + 10);
        await environment.call(`hints ${part.map(({ instanceId }) => instanceId)}`, async () => {
          for (const hint of part) {
            const delayMs = (hint.notBeforeMs ?? 0) - environment.clock.now();
            const lateMs = faults.strikes("hintLate") ? random.int(1_000, 300_000) : 0;
            if (faults.strikes("hintLost")) world.saw("hint lost");
            else hintQueue.send(hint, Math.max(0, delayMs) + lateMs);
            if (faults.strikes("hintDoubled")) hintQueue.send(hint, random.int(0, 60_000));
          }
        });
      }
    },
  };
}

function backendFor(backend: WorldBackend, environment: Environment): Backend {
  const { capabilities } = backend;
  const { name } = capabilities;
  return {
    capabilities,
    start: (order) =>
      environment.call(`${name} start ${order.attemptId}`, () => backend.start(order)),
    stop: (attempt) =>
      environment.call(`${name} stop ${attempt.attemptId}`, () => backend.stop(attempt)),
    inspect: (attempt) =>
      environment.call(`${name} inspect ${attempt.attemptId}`, () => backend.inspect(attempt)),
    price: (size, durationMs) => backend.price(size, durationMs),
  };
}

/** Where state changes end up; each is remembered under its key. */
export interface EventBus {
  publish(events: Parameters<Events["publish"]>[0]): void;
}

export function eventsFor(world: World, bus: EventBus, environment: Environment): Events {
  return {
    publish: (events) =>
      environment.call(`publish ${events.length}`, async () => {
        const fails = world.faults.strikes("publishFailed");
        const half = world.random("publish", world.serial()).int(0, events.length);
        bus.publish(fails ? events.slice(0, half) : events);
        if (fails) throw new TransientError("not every event was published");
      }),
  };
}

/** Lines of level "error" are for people to act on; no fault of the world may lead to one. */
export function logFor(world: World): Log {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, fields) => {
      if (message === "event refused") {
        world.refusedEvents.add(`${fields?.trigger} ${fields?.eventId}`);
      }
      if (message.startsWith("start without answer")) world.saw("start without answer");
    },
    error: (message) => world.violate("no bug surfaces", `logged as an error: ${message}`),
  };
}
