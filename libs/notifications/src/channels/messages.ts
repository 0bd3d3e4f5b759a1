/** A mail to be sent. */
export interface Mail {
  /** Of the delivery: the same however often it is sent. */
  readonly id: string;
  readonly type: string;
  /** When the customer was told online. */
  readonly at: Date;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attached?: readonly Attachment[];
}

/** A file that goes with a mail. */
export interface Attachment {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** A text message to be sent. */
export interface TextMessage {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly to: string;
  readonly text: string;
}
