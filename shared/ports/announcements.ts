import type { JsonObject } from "../core/json.ts";

/** One event of our own, besides changes of state. */
export interface Announcement {
  /** The same when it is announced again. */
  readonly id: string;
  readonly tenant: string;
  readonly detailType: string;
  readonly atMs: number;
  readonly detail: JsonObject;
}

/** Puts events of our own where others can see them; throws TransientError where that may be tried again. */
export interface Announcements {
  announce(announcement: Announcement): Promise<void>;
}
