import { createHash, hash } from "node:crypto";
import { isPackageId } from "../../../../shared/core/payload-ref.ts";
import type { FoundPayload } from "../../../../shared/ports/payloads.ts";

/** What a payload that is put must be like. */
export interface PutBounds {
  readonly bytesMax: number;
  readonly bytes?: number;
  readonly sha256?: string;
}

/** Only `stored` has changed anything. */
export type PutOutcome = "stored" | "present" | "too_large" | "wrong_length" | "wrong_hash";

export interface OpenedPayload {
  readonly bytes: number;
  readonly body: ReadableStream<Uint8Array>;
}

/** Where the bytes are: files, or memory. A payload is whole and never changes, or it is not there. */
export interface PayloadShelf {
  put(
    tenant: string,
    id: string,
    body: AsyncIterable<Uint8Array>,
    bounds: PutBounds,
  ): Promise<PutOutcome>;
  find(tenant: string, id: string): Promise<Required<FoundPayload> | undefined>;
  open(tenant: string, id: string): Promise<OpenedPayload | undefined>;
  read(tenant: string, id: string): Promise<Uint8Array | undefined>;
  /** Gives a payload a second name, which stays when the first goes; false when it is not there. */
  keepAs(tenant: string, id: string, other: string): Promise<boolean>;
  /** From then on it may be swept away. */
  keepUntil(tenant: string, id: string, untilMs: number): Promise<void>;
  delete(tenant: string, ids: readonly string[]): Promise<void>;
  /** Deletes what need not be kept any more, never a version's package; answers how many. */
  sweep(nowMs: number): Promise<number>;
}

/** Measures and hashes what passes, and says in the end whether it is what was announced. */
export class PutCheck {
  readonly #bounds: PutBounds;
  readonly #hash = createHash("sha256");
  bytes = 0;

  constructor(bounds: PutBounds) {
    this.#bounds = bounds;
  }

  /** False once there is more than there may be. */
  takes(part: Uint8Array): boolean {
    this.bytes += part.length;
    this.#hash.update(part);
    return this.bytes <= (this.#bounds.bytes ?? this.#bounds.bytesMax);
  }

  end(): { readonly outcome: PutOutcome; readonly digest: Buffer } {
    const digest = this.#hash.digest();
    const { bytes, sha256 } = this.#bounds;
    const isWhole = this.bytes > 0 && (bytes === undefined || this.bytes === bytes);
    if (!isWhole) return { outcome: "wrong_length", digest };
    const isOther = sha256 !== undefined && digest.toString("hex") !== sha256;
    return { outcome: isOther ? "wrong_hash" : "stored", digest };
  }
}

/** What memory gives to payloads in all, so that a host without a disk does not run out of it. */
const memoryBytesMax = 512 * 1_048_576;

/** Keeps payloads in memory, for hosts that keep everything there. */
export function openMemoryShelf(keepMsOf: (id: string) => number, now: () => number): PayloadShelf {
  const kept = new Map<string, { bytes: Uint8Array<ArrayBuffer>; untilMs: number }>();
  let bytesKept = 0;
  const drop = (name: string): number => {
    bytesKept -= kept.get(name)?.bytes.length ?? 0;
    return kept.delete(name) ? 1 : 0;
  };
  return {
    async put(tenant, id, body, bounds) {
      const check = new PutCheck(bounds);
      const parts: Uint8Array[] = [];
      for await (const part of body) {
        if (!check.takes(part) || bytesKept + check.bytes > memoryBytesMax) return "too_large";
        parts.push(part);
      }
      const { outcome } = check.end();
      if (outcome !== "stored") return outcome;
      if (kept.has(`${tenant}/${id}`)) return "present";
      bytesKept += check.bytes;
      const bytes = new Uint8Array(Buffer.concat(parts));
      kept.set(`${tenant}/${id}`, { bytes, untilMs: now() + keepMsOf(id) });
      return "stored";
    },
    async keepAs(tenant, id, other) {
      const found = kept.get(`${tenant}/${id}`);
      if (found === undefined) return false;
      bytesKept += found.bytes.length;
      kept.set(`${tenant}/${other}`, { ...found, untilMs: now() + keepMsOf(other) });
      return true;
    },
    async find(tenant, id) {
      const bytes = kept.get(`${tenant}/${id}`)?.bytes;
      if (bytes === undefined) return undefined;
      return { bytes: bytes.length, sha256: hash("sha256", bytes, "hex") };
    },
    async open(tenant, id) {
      const bytes = kept.get(`${tenant}/${id}`)?.bytes;
      return bytes && { bytes: bytes.length, body: new Blob([bytes]).stream() };
    },
    read: async (tenant, id) => kept.get(`${tenant}/${id}`)?.bytes,
    async keepUntil(tenant, id, untilMs) {
      const found = kept.get(`${tenant}/${id}`);
      if (found !== undefined) found.untilMs = untilMs;
    },
    async delete(tenant, ids) {
      for (const id of ids) drop(`${tenant}/${id}`);
    },
    async sweep(nowMs) {
      const over = [...kept].filter(
        ([name, { untilMs }]) => untilMs <= nowMs && !isPackageId(name.split("/")[1] ?? ""),
      );
      return over.reduce((count, [name]) => count + drop(name), 0);
    },
  };
}
