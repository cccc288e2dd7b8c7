import { availableParallelism, totalmem } from "node:os";
import type { AttemptReport, Backend } from "../../../../shared/ports/backend.ts";
import type { Log } from "../../../../shared/ports/log.ts";
import { priceBy } from "../../../../shared/pricing/price-run.ts";
import { fargateCapabilities } from "../../aws/fargate/fargate-capabilities.ts";
import { ContainerYard } from "./container-yard.ts";

export interface LocalContainersOptions {
  /** Tasks name their modules relative to this folder. */
  readonly functionsRoot: string;
  /** The bundled entry point of the runner's image. */
  readonly containerPath: string;
  /** Where packages of deployed functions are unpacked. */
  readonly packagesFolder: string;
  readonly log: Log;
  /** Gets what the ends of containers say. */
  readonly report: (reports: readonly AttemptReport[]) => void;
  /** Containers at the same time; more wait in line. */
  readonly processesMax?: number;
  readonly leaseSeconds?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs attempts as Fargate does, in processes of this machine that speak HTTP with the host. */
export interface LocalContainers extends Backend {
  /** Where the host listens; until it is said, attempts wait. */
  listensAt(url: string): void;
  /** Attempts accepted and not over. */
  inFlight(): number;
  /** Containers that exist at this moment. */
  processes(): number;
  /** Ends all containers; what they had is reported as lost. */
  close(): Promise<void>;
}

const fargate = fargateCapabilities("off");
const handOverMs = 30_000;
const leaseSecondsDefault = 10;
const machineMemoryMb = Math.floor(totalmem() / 1_048_576);

/** Opens the backend `fargate` of one machine. No process exists while nothing runs. */
export function openLocalContainers(options: LocalContainersOptions): LocalContainers {
  const yard = new ContainerYard({
    containerPath: options.containerPath,
    functionsRoot: options.functionsRoot,
    packagesFolder: options.packagesFolder,
    processesMax: options.processesMax ?? Math.max(2, 2 * availableParallelism()),
    memoryMbDefault: fargate.memoryMbDefault,
    env: options.env ?? process.env,
    log: options.log,
    report: options.report,
  });
  return {
    capabilities: {
      // With Fargate's own price and start, so that decisions are those of a deployment.
      ...fargate,
      targets: ["function", "package"],
      memoryMbMax: machineMemoryMb,
      cpuCoresMax: availableParallelism(),
      storageMbMax: 1_000_000,
      leaseSeconds: options.leaseSeconds ?? leaseSecondsDefault,
      handOverMs,
    },
    async start(order) {
      const message = yard.add(order);
      if (message === undefined) return { outcome: "accepted" };
      return { outcome: "refused", error: { class: "no_capacity", message } };
    },
    stop: async ({ attemptId }) => yard.stop(attemptId),
    inspect: async ({ attemptId }) => yard.sight(attemptId),
    price: priceBy(fargate.pricing),
    listensAt: (url) => yard.listensAt(url),
    inFlight: () => yard.inFlight,
    processes: () => yard.processes,
    close: () => yard.close(),
  };
}
