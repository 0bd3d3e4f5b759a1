/**
 * A business refusal: the command was understood and the answer is no. Nothing was appended.
 *
 * `code` is stable and part of the public contract (SCREAMING_SNAKE_CASE); `message` is a sentence for people that says
 * what was refused and what to do next; `field` points into the command body (`lines/0/amount`) where one field is to
 * blame. Personal data never goes into any of the three. The API maps every Rejected once to RFC 9457 problem+json.
 */
export class Rejected extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
    this.name = 'Rejected';
  }
}
