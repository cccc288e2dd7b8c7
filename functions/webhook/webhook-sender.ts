import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";

/** One signed message on its way. */
export interface SignedMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Carries messages to receivers. Never throws: whatever goes wrong is an outcome. */
export interface WebhookSender {
  send(message: SignedMessage): Promise<TryOutcome>;
}
