import { describe, expect, it } from "vitest";
import { keys } from "../../../shared/contract/keys.ts";
import type { Query } from "../../../shared/ports/store.ts";
import type { StoreUnderTest } from "./store-contract.ts";
import { instanceRecord, mustWrite, put, rollupRecord } from "./store-records.ts";

const buckets = ["a", "b", "c", "d", "e"];

/** Listing the records of one partition. */
export function describePrimaryQueries(current: () => StoreUnderTest): void {
  /** Five records in the partition, one in a neighbouring partition; answers bucket letters. */
  async function lister(): Promise<(query: Partial<Query>) => Promise<string>> {
    const { store, tenant } = current();
    const scattered = ["d", "a", "e", "c", "b"].map((bucket) =>
      put(rollupRecord(tenant, bucket, { bucket }), "absent"),
    );
    await mustWrite(store, ...scattered, put(instanceRecord(tenant, "ins_1"), "absent"));
    const partition = rollupRecord(tenant, "a", {}).key.pk;
    return async (query) => {
      const base = { index: "primary", partition, order: "ascending", limit: 100 } as const;
      const found = await store.query({ ...base, ...query });
      for (const { key, sort } of found) expect(key).toEqual({ pk: partition, sk: sort });
      return found.map(({ sort }) => sort.slice(0, 1)).join("");
    };
  }

  describe("queries of a partition", () => {
    it("list its records, and only its own, in the order of their sort keys", async () => {
      const list = await lister();
      expect(await list({})).toBe("abcde");
      expect(await list({ order: "descending" })).toBe("edcba");
    });

    it("start at `from` and end before `to`, in both orders", async () => {
      const list = await lister();
      const [b, d] = ["b#lambda", "d#lambda"];
      expect(await list({ from: b, to: d })).toBe("bc");
      expect(await list({ from: b, to: d, order: "descending" })).toBe("cb");
      expect(await list({ from: b })).toBe("bcde");
      expect(await list({ to: d, order: "descending" })).toBe("cba");
      expect(await list({ from: "bb", to: "dd" })).toBe("cd");
      expect(await list({ from: d, to: d })).toBe("");
      expect(await list({ from: d, to: b })).toBe("");
    });

    it("answer at most `limit` candidates, nearest to the start of the order", async () => {
      const list = await lister();
      expect(await list({ limit: 2 })).toBe("ab");
      expect(await list({ limit: 2, order: "descending" })).toBe("ed");
      expect(await list({ limit: 1, from: "c" })).toBe("c");
      expect(await list({ limit: 5 })).toBe("abcde");
    });

    it("find nothing in an empty partition", async () => {
      const list = await lister();
      const { tenant } = current();
      expect(await list({ partition: keys.taskHead(tenant, "none").pk })).toBe("");
    });

    it("walk the whole partition page by page", async () => {
      const list = await lister();
      let walked = "";
      for (let from = ""; ; ) {
        const page = await list(from === "" ? { limit: 2 } : { limit: 2, from });
        walked += page;
        if (page.length < 2) break;
        from = `${page.at(-1)}#lambda~`;
      }
      expect(walked).toBe(buckets.join(""));
    });

    it("no longer list a deleted record", async () => {
      const list = await lister();
      const { store, tenant } = current();
      const { key } = rollupRecord(tenant, "c", {});
      await mustWrite(store, { kind: "delete", key, expect: 1 });
      expect(await list({})).toBe("abde");
      await mustWrite(store, put(rollupRecord(tenant, "c", {}), "absent"));
      expect(await list({})).toBe("abcde");
    });
  });
}
