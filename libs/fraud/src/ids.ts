import { v5 as uuidv5 } from 'uuid';
import { type Alert } from './monitoring/alert.js';

/** Namespace of the ids of alerts, cases and what is done about them. Never changes: what is done twice is recognised by it. */
const NAMESPACE = 'e2f7a9d4-0c1b-5e86-9f3a-7d5b8c6a4e10';

/** A rule that finds something at a message makes the same alert whenever that message is evaluated again. */
export function alertId({ ruleId, ruleVersion, messageId }: Alert): string {
  return uuidv5(`alert ${ruleId} ${ruleVersion} ${messageId}`, NAMESPACE);
}

/** The case that an alert opens for an account, however often it is opened. */
export function caseIdOf(accountId: string, firstAlertId: string): string {
  return uuidv5(`case ${accountId} ${firstAlertId}`, NAMESPACE);
}

/** The id of a command that is sent because of something, the same on every try. */
export function commandIdOf(command: string, because: string): string {
  return uuidv5(`command ${command} ${because}`, NAMESPACE);
}

/** The id of a command somebody sends over HTTP: the same for the same key on the same case. */
export function commandIdFrom(caseId: string, idempotencyKey: string): string {
  return uuidv5(`fraudCase-${caseId}\n${idempotencyKey}`, NAMESPACE);
}
