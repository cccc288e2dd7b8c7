import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { LambdaClient, type LambdaClientConfig } from "@aws-sdk/client-lambda";
import type { Clock } from "../../../shared/ports/clock.ts";
import { awsClientDefaults } from "./aws-call.ts";

/** A connection unused for longer may have been closed by the other side while this side slept. */
const idleMsMax = 5_000;

const agentOptions: AgentOptions = { keepAlive: true, maxSockets: 50 };

/**
 * A client that never sends over a connection that has rested for long. A function is frozen between
 * its calls and does not notice that its connections are closed meanwhile; what is then sent gets no
 * answer. Everywhere else such a call is made again, but a repeated Invoke might run a task twice.
 */
export function openLambdaClient(clock: Clock, config: LambdaClientConfig = {}): LambdaClient {
  const httpAgent = new HttpAgent(agentOptions);
  const httpsAgent = new HttpsAgent(agentOptions);
  const client = new LambdaClient({
    ...awsClientDefaults,
    ...config,
    requestHandler: { ...awsClientDefaults.requestHandler, httpAgent, httpsAgent },
  });
  let usedAtMs = clock.now();
  client.middlewareStack.add(
    (next) => (args) => {
      const nowMs = clock.now();
      if (nowMs - usedAtMs > idleMsMax) {
        closeResting(httpAgent);
        closeResting(httpsAgent);
      }
      usedAtMs = nowMs;
      return next(args);
    },
    { step: "finalizeRequest", name: "closeRestingConnections" },
  );
  return client;
}

function closeResting(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
