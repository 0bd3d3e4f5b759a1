/**
 * A delivery did not succeed. The message is kept and shown to operators: it names codes and causes, never an address or
 * what was to be delivered (servers repeat addresses in their answers, so their texts are not taken over).
 */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed';

  constructor(
    message: string,
    /** Whether another try would fail the same way. */
    readonly permanent: boolean,
    /** How long the receiver asks to be left alone. */
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}
