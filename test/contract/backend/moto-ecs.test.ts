import {
  CreateClusterCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  fargateClientDefaults,
  openFargateBackend,
} from "../../../functions/adapters/aws/fargate/fargate-backend.ts";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import type { Backend } from "../../../shared/ports/backend.ts";
import { type MotoServer, motoAvailable, startMotoServer } from "../../fixtures/moto-server.ts";
import { fargateOrder, fargatePlace } from "../../handlers/fargate-place.ts";
import { clientSettings } from "../../handlers/stub/local-clients.ts";

const available = motoAvailable();
const title = "Fargate against an imitation of ECS that others wrote";

/** It knows neither client tokens nor capacity providers, so only the calls themselves are compared. */
describe.skipIf(!available)(available ? title : `${title} (skipped: no moto_server here)`, () => {
  let server: MotoServer | undefined;
  let client: ECSClient | undefined;
  let backend: Backend | undefined;
  beforeAll(async () => {
    server = await startMotoServer();
    client = new ECSClient({ ...clientSettings(server.endpoint), ...fargateClientDefaults });
    const clusterArn = await makeCluster(client, await runMachine(server.endpoint));
    backend = openFargateBackend({
      ...fargatePlace,
      clusterArn,
      client,
      spot: "off",
      ids: openIds(),
    });
  }, 60_000);
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  it("starts, finds and stops a task of the attempt", async () => {
    const started = await backend?.start(fargateOrder);
    expect(started).toMatchObject({
      outcome: "accepted",
      externalId: expect.stringMatching(/^arn:aws:ecs:.*:task\/switchyard-test\//),
    });
    expect(await backend?.inspect(fargateOrder)).toBe("running");
    await backend?.stop(fargateOrder);
    expect(["running", "gone", "unknown"]).toContain(await backend?.inspect(fargateOrder));
    await backend?.stop(fargateOrder);
  });

  it("knows nothing of an attempt that never was", async () => {
    const never = { ...fargateOrder, attemptId: "att_01kaq3v5cs7h2m4d9x8w6tnone" };
    expect(await backend?.inspect(never)).toBe("unknown");
    await backend?.stop(never);
  });

  it("says that a family is missing", async () => {
    const order = { ...fargateOrder, run: { container: { family: "none" } } };
    expect(await backend?.start(order)).toMatchObject({
      outcome: "refused",
      error: { class: "missing_function" },
    });
  });
});

/** EC2 speaks a protocol of its own, for which no client is installed; moto checks no signatures. */
async function runMachine(endpoint: string): Promise<string> {
  const scope = "AKIDEXAMPLE/20261120/us-east-1/ec2/aws4_request";
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "Action=RunInstances&Version=2016-11-15&ImageId=ami-12c6146b&MinCount=1&MaxCount=1",
  });
  const id = /<instanceId>(i-[0-9a-f]+)<\/instanceId>/.exec(await answer.text())?.[1];
  if (id === undefined) throw new Error(`no machine: ${answer.status}`);
  return id;
}

async function makeCluster(client: ECSClient, instanceId: string): Promise<string> {
  const { cluster } = await client.send(
    new CreateClusterCommand({ clusterName: "switchyard-test" }),
  );
  if (cluster?.clusterArn === undefined) throw new Error("no cluster");
  // Without capacity providers it needs a machine to put the task on.
  await client.send(
    new RegisterContainerInstanceCommand({
      cluster: cluster.clusterArn,
      instanceIdentityDocument: JSON.stringify({ instanceId }),
    }),
  );
  await client.send(
    new RegisterTaskDefinitionCommand({
      family: fargatePlace.runnerFamilies.node,
      containerDefinitions: [{ name: "run", image: "runner", cpu: 64, memory: 64 }],
    }),
  );
  return cluster.clusterArn;
}
