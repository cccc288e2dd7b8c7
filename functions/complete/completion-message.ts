import type { AttemptReport } from "../../shared/ports/backend.ts";
import { type MessageReading, parsedJson } from "../runtime/lambda/sqs-batch.ts";
import { readDestination } from "./destination-event.ts";
import { isEcsEvent, readEcsEvent } from "./ecs-event.ts";

/** Reads what stands in the completion queue: Lambda's destination records and events of ECS. */
export function completionReader(clusterArn: string | undefined) {
  return (body: string): MessageReading<AttemptReport> => {
    const json = parsedJson(body);
    return isEcsEvent(json) ? readEcsEvent(json, clusterArn) : readDestination(body);
  };
}
