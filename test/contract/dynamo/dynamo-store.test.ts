import { afterAll, beforeAll } from "vitest";
import { storeContract } from "../store/store-contract.ts";
import {
  describeOverTheWire,
  type LocalDynamo,
  openFreshStore,
  startLocalDynamo,
} from "./local-dynamo.ts";

describeOverTheWire("DynamoDB store over the wire", () => {
  let dynamo: LocalDynamo;
  beforeAll(async () => {
    dynamo = await startLocalDynamo();
  });
  afterAll(() => dynamo.stop());

  storeContract("DynamoDB", async () => {
    const { store } = await openFreshStore(dynamo);
    return { store, close: () => Promise.resolve() };
  });
});
