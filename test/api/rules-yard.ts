import { expect } from "vitest";
import type { Reply, Yard } from "./yard.ts";

/** Rules that nobody ships. */
export const mine = {
  name: "mine",
  rules: [
    {
      name: "big_state",
      when: "stateful=true and memory_requirement>4GB",
      type: "traditional",
      priority: "high",
      reason: "State and much memory.",
    },
  ],
  policy: { name: "cost-first" },
};

/** Sets rules and answers what is stored then. */
export async function put(yard: Yard, body: object = mine, status = 201): Promise<Reply> {
  const reply = await yard.call("PUT", "/v1/rules", { body });
  expect(reply.status, reply.text).toBe(status);
  return reply;
}
