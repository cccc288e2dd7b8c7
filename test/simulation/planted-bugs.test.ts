import { describe, expect, it } from "vitest";
import { invariants } from "./checks/invariants.ts";
import { catchBug, seedsPerBug } from "./planted/catch-bug.ts";
import { plantedBugs } from "./planted/planted-bugs.ts";

/** Without a bug the same seeds are clean, as the other file of this folder shows. */
describe(`within ${seedsPerBug} seeds the simulation notices that`, () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
    "%s",
    async (_name, bug) => {
      const caught = await catchBug(bug);
      expect(Object.keys(invariants)).toContain(caught?.invariant);
    },
    180_000,
  );
});
