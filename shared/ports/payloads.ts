import type { PayloadRef } from "../core/payload-ref.ts";

/** A place for one payload, to be written once from outside. */
export interface PayloadSlot {
  readonly id: string;
  /** Takes one HTTP PUT of the JSON text, until it expires. */
  readonly url: string;
  readonly expiresAtMs: number;
}

/** Where payloads live that are too large for a record: a bucket, or a folder of this machine. */
export interface Payloads {
  /** A place for an input that is about to be submitted. */
  newInput(tenant: string, bytes: number): Promise<PayloadSlot>;
  /** The place for the output of one attempt; the same each time. */
  outputOf(tenant: string, attemptId: string): Promise<PayloadSlot>;
  /** What is there, as far as it can be told without reading it; undefined when nothing is. */
  find(tenant: string, id: string): Promise<{ readonly bytes: number } | undefined>;
  /** Takes one HTTP GET, until it expires. */
  urlOf(tenant: string, ref: PayloadRef): Promise<string>;
  read(tenant: string, id: string): Promise<Uint8Array | undefined>;
  delete(tenant: string, ids: readonly string[]): Promise<void>;
}
