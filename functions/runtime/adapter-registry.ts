import type { Backend } from "../../shared/ports/backend.ts";
import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { ComponentHealth } from "./host-ports.ts";

/** What an adapter of another cloud brings along. */
export interface OpenedAdapter {
  readonly backend: Backend;
  readonly platform: FunctionPlatform;
}

/** One adapter that was asked for. */
export interface AdapterEntry {
  readonly name: string;
  /** Throws when it cannot work: a wrong configuration, missing keys, a missing package. */
  open(): Promise<OpenedAdapter>;
}

/** The adapters that work, and what became of the others. */
export interface AdapterRegistry {
  readonly backends: readonly Backend[];
  readonly platforms: readonly FunctionPlatform[];
  /** One component per adapter. */
  readonly health: Readonly<Record<string, ComponentHealth>>;
}

/**
 * Opens what is configured. An adapter that fails is left out and shown as degraded: everything else
 * goes on without it.
 */
export async function openAdapters(
  entries: readonly AdapterEntry[],
  log: Log,
): Promise<AdapterRegistry> {
  const opened = await Promise.all(entries.map((entry) => openEntry(entry, log)));
  const working = opened.flatMap(({ adapter }) => (adapter === undefined ? [] : [adapter]));
  return {
    backends: working.map(({ backend }) => backend),
    platforms: working.map(({ platform }) => platform),
    health: Object.fromEntries(opened.map(({ name, health }) => [name, health])),
  };
}

async function openEntry({ name, open }: AdapterEntry, log: Log) {
  try {
    const adapter = await open();
    const health: ComponentHealth = { state: "ok", kind: "adapter" };
    return { name, adapter, health };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    log.error("adapter not opened; everything else goes on without it", { adapter: name, cause });
    const health: ComponentHealth = { state: "degraded", kind: "adapter", cause };
    return { name, adapter: undefined, health };
  }
}
