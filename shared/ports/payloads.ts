import type { PayloadRef } from "../core/payload-ref.ts";

/** A place for one payload, to be written once from outside. */
export interface PayloadSlot {
  readonly id: string;
  /** Takes one HTTP PUT of the payload, until it expires; a second one is answered 412. */
  readonly url: string;
  /** What the PUT must carry besides its body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAtMs: number;
}

/** What is known of a payload without reading it. */
export interface FoundPayload {
  readonly bytes: number;
  /** Where the place keeps it. */
  readonly sha256?: string;
}

/** Where payloads live that are too large for a record: a bucket, or a folder of this machine. */
export interface Payloads {
  /** A place for an input that is about to be submitted; with its hash, nothing else fits there. */
  newInput(tenant: string, bytes: number, sha256?: string): Promise<PayloadSlot>;
  /** A place for a package that is about to be deployed; it keeps it for `packageUploadKeepMs`. */
  newPackage(tenant: string, bytes: number, sha256?: string): Promise<PayloadSlot>;
  /**
   * Makes a package for one version alone out of an upload, or out of another version's: it is there
   * until it is deleted. Answers its id; undefined when there is nothing to make it of.
   */
  keepPackage(tenant: string, source: string): Promise<string | undefined>;
  /** The place for the output of one attempt (`outputIdOf`); the same each time. */
  outputOf(tenant: string, attemptId: string, forSeconds?: number): Promise<PayloadSlot>;
  /** What is there, as far as it can be told without reading it; undefined when nothing is. */
  find(tenant: string, id: string): Promise<FoundPayload | undefined>;
  /** Takes HTTP GETs, until it expires: after `limits.payloadUrlSeconds` or the time asked for. */
  urlOf(tenant: string, ref: PayloadRef, forSeconds?: number): Promise<string>;
  read(tenant: string, id: string): Promise<Uint8Array | undefined>;
  delete(tenant: string, ids: readonly string[]): Promise<void>;
}
