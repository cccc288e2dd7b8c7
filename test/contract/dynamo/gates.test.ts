import { afterAll, beforeAll, it } from "vitest";
import { raceForSlots } from "../store/gates-contract.ts";
import {
  describeOverTheWire,
  type LocalDynamo,
  openFreshStore,
  startLocalDynamo,
} from "./local-dynamo.ts";

describeOverTheWire("slots over a DynamoDB-compatible server", () => {
  let dynamo: LocalDynamo;
  beforeAll(async () => {
    dynamo = await startLocalDynamo();
  });
  afterAll(() => dynamo.stop());

  it("are never more than their bound, and all come back", async () => {
    const { store } = await openFreshStore(dynamo);
    await raceForSlots(store);
  }, 60_000);
});
