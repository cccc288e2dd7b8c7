import { afterEach, beforeEach, describe } from "vitest";
import type { Store } from "../../../shared/ports/store.ts";
import { describeAdds } from "./store-contract-adds.ts";
import { describeFeed } from "./store-contract-feed.ts";
import { describeIndexes } from "./store-contract-indexes.ts";
import { describePrimaryQueries } from "./store-contract-queries.ts";
import { describeTransactions } from "./store-contract-transactions.ts";
import { describeWrites } from "./store-contract-writes.ts";

/** A store as the suite gets it. It may hold other tests' records: every test has its own tenant. */
export interface OpenedStore {
  readonly store: Store;
  close(): Promise<void>;
  /** Resolves when queries show every write acknowledged so far; absent when they always do. */
  settleIndexes?(): Promise<void>;
}

export interface StoreContractOptions {
  /**
   * "commit order": the feed is one sequence (default). "record order": only the changes of one
   * record are in order. "none": the adapter's feed is not read through `changes`.
   */
  readonly feed?: "commit order" | "record order" | "none";
}

/** What each group of tests works with; valid inside a running test. */
export interface StoreUnderTest {
  readonly store: Store;
  /** A tenant that no other test uses. */
  readonly tenant: string;
  readonly settleIndexes: () => Promise<void>;
}

let tenantCount = 0;

/** Registers the tests that every adapter of the store port must pass. */
export function storeContract(
  name: string,
  open: () => Promise<OpenedStore>,
  options: StoreContractOptions = {},
): void {
  describe(`store contract: ${name}`, () => {
    let opened: OpenedStore | undefined;
    let tenant = "";
    beforeEach(async () => {
      tenantCount += 1;
      tenant = `contract-${process.pid}-${Date.now().toString(36)}-${tenantCount}`;
      opened = await open();
    });
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });
    const current = (): StoreUnderTest => {
      if (opened === undefined) throw new Error("no store is open outside a running test");
      const { store, settleIndexes } = opened;
      return { store, tenant, settleIndexes: settleIndexes ?? (() => Promise.resolve()) };
    };
    describeWrites(current);
    describeAdds(current);
    describeTransactions(current);
    describePrimaryQueries(current);
    describeIndexes(current);
    const feed = options.feed ?? "commit order";
    if (feed !== "none") describeFeed(current, feed);
  });
}
