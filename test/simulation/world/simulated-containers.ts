import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { type ExitFacts, reconcileExit } from "../../../shared/instance/reconcile-exit.ts";
import type {
  AttemptOrder,
  AttemptRef,
  AttemptReport,
  AttemptSighting,
  Backend,
  BackendCapabilities,
  StartOutcome,
} from "../../../shared/ports/backend.ts";
import { type PriceEstimate, priceRun } from "../../../shared/pricing/price-run.ts";
import type { RunSize } from "../../../shared/pricing/pricing.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import type { RunBook } from "./run-book.ts";
import { SimulatedContainer } from "./simulated-container.ts";
import { fingerprintOf } from "./simulated-ids.ts";
import type { WorkerProtocol } from "./worker-protocol.ts";
import type { World } from "./world.ts";

export interface SimulatedContainersOptions {
  readonly capabilities: BackendCapabilities;
  /** Opened after the ports that it speaks through. */
  readonly protocol: () => WorkerProtocol;
  /** Carries what ECS says of a container's end. */
  readonly report: (report: AttemptReport) => void;
  readonly runBook: RunBook;
}

/** How long after its end a container is still shown. */
const shownMs = 60 * 60_000;
/** Right after its start, a container may not be shown yet. */
const hiddenMs = 5_000;

/** Attempts as tasks of ECS: found again by their client token, seen late, ended by events. */
export class SimulatedContainers implements Backend {
  readonly capabilities: BackendCapabilities;
  readonly stops = new Set<string>();
  readonly #world: World;
  readonly #options: SimulatedContainersOptions;
  readonly #random: RandomStream;
  /** By attempt id; more than one where a start was doubled. */
  readonly #containers = new Map<string, SimulatedContainer[]>();

  constructor(world: World, options: SimulatedContainersOptions) {
    this.#world = world;
    this.#options = options;
    this.capabilities = options.capabilities;
    this.#random = world.random("containers");
  }

  get running(): number {
    return [...this.#containers.values()].flat().filter(({ place }) => place !== "stopped").length;
  }

  price(size: RunSize, durationMs: number): PriceEstimate {
    return priceRun(this.capabilities.pricing, size, durationMs);
  }

  async start(order: AttemptOrder): Promise<StartOutcome> {
    const { faults } = this.#world;
    const [present] = this.#containers.get(order.attemptId) ?? [];
    if (present !== undefined) {
      this.#world.saw("container found by its client token");
      return { outcome: "accepted", externalId: present.name };
    }
    if (faults.strikes("startRefused")) {
      this.#world.saw("backend refused");
      const errorClass = this.#random.pick(["no_capacity", "throttled"] as const);
      return { outcome: "refused", error: { class: errorClass, message: "no capacity" } };
    }
    const unclear = faults.strikes("startUnknown");
    if (!unclear || this.#random.chance(0.5)) this.#launch(order);
    if (unclear) throw new TransientError("RunTask was not answered");
    if (faults.strikes("containerDoubled")) {
      this.#world.saw("second container for an attempt");
      this.#launch(order);
    }
    return { outcome: "accepted" };
  }

  async stop({ attemptId }: AttemptRef): Promise<void> {
    this.stops.add(attemptId);
    for (const container of this.#containers.get(attemptId) ?? []) container.stop("UserInitiated");
  }

  async inspect({ attemptId }: AttemptRef): Promise<AttemptSighting> {
    const container =
      this.#containers.get(attemptId)?.find(({ place }) => place !== "stopped") ??
      this.#containers.get(attemptId)?.[0];
    const nowMs = this.#world.wallMs();
    if (container === undefined || nowMs - container.launchedAtMs < hiddenMs) return "unknown";
    if (container.place === "running") return "running";
    if (container.place !== "stopped") {
      this.#world.saw("container still on its way when its hand-over wake came");
      return "queued";
    }
    return nowMs - container.stoppedAtMs > shownMs ? "unknown" : "gone";
  }

  #launch(order: AttemptOrder): void {
    const { protocol, report, runBook } = this.#options;
    const { tenant, instanceId, attemptId } = order;
    const launched = this.#containers.get(attemptId) ?? [];
    // What it is called decides whether its end counts, so it looks like a name of ECS.
    const externalId = `arn:aws:ecs:eu-west-1:123456789012:task/sim/${attemptId}.${launched.length}`;
    const container = new SimulatedContainer(this.#world, {
      order,
      name: externalId,
      protocol: protocol(),
      begun: (work: WorkOrder, atMs: number) => runBook.begin(work.attemptId, externalId, atMs),
      silent: () => runBook.fallSilent(attemptId, this.#world.wallMs()),
      stopped: (facts: Omit<ExitFacts, "target">) => {
        const end = reconcileExit({ ...facts, target: "function" });
        if (end === undefined) return;
        if (facts.stopCode === undefined) this.#world.saw("end of a container without its result");
        const tokenFingerprint = fingerprintOf(order.token);
        report({ tenant, instanceId, attemptId, tokenFingerprint, externalId, ...end });
      },
    });
    this.#containers.set(attemptId, [...launched, container]);
    container.launch();
  }
}
