/** W3C trace context and baggage, as their headers say them; `baggage` also carries the colour. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
  readonly baggage?: string;
}
