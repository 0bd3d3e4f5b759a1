import { type MessageData } from '#libs/contracts';
import { type CollectionsEvent } from '../billing/account-events.js';
import { type About, type MessageContent, moneyIn, sharesIn } from '../message-content.js';

type Data<Type extends CollectionsEvent['type']> = Extract<CollectionsEvent, { type: Type }>['data'];

/** The messages of what is done about bills that are not paid in time. */
export function collectionsMessage(event: CollectionsEvent, about: About): MessageContent {
  switch (event.type) {
    case 'LateFeeAssessed':
      return { type: 'late-fee.assessed', data: lateFee(event.data, about) };
    case 'DunningStepTaken':
      return { type: 'dunning.step-taken', data: step(event.data, about) };
    case 'ServiceSuspended':
      return { type: 'service.suspended', data: suspension(event.data, about) };
    case 'ServiceRestored':
      return { type: 'service.restored', data: restoring(event.data, about) };
    case 'DebtWrittenOff':
      return { type: 'debt.written-off', data: writtenOff(event.data, about) };
    case 'DebtReinstated':
      return { type: 'debt.reinstated', data: reinstated(event.data, about) };
  }
}

function lateFee(
  { billNumber, lineId, amount, overdue, policy }: Data<'LateFeeAssessed'>,
  { accountId, effectiveAt }: About,
): MessageData<'late-fee.assessed'> {
  return { accountId, effectiveAt, billNumber, lineId, amount, overdue: moneyIn(amount)(overdue), policy };
}

function step(
  { step: name, kind, billNumber, dueOn, amount, suspendsFrom, policy }: Data<'DunningStepTaken'>,
  { accountId, effectiveAt }: About,
): MessageData<'dunning.step-taken'> {
  return {
    accountId,
    effectiveAt,
    step: name,
    kind,
    billNumber,
    dueOn,
    amount,
    policy,
    ...(suspendsFrom !== undefined && { suspendsFrom }),
  };
}

function suspension(
  { reason, policy, amount }: Data<'ServiceSuspended'>,
  { accountId, effectiveAt }: About,
): MessageData<'service.suspended'> {
  return {
    accountId,
    effectiveAt,
    reason,
    ...(policy !== undefined && { policy }),
    ...(amount !== undefined && { amount }),
  };
}

function restoring(
  { reason, policy }: Data<'ServiceRestored'>,
  { accountId, effectiveAt }: About,
): MessageData<'service.restored'> {
  return { accountId, effectiveAt, reason, ...(policy !== undefined && { policy }) };
}

function writtenOff(
  { writeOffId, amount, lines, reason, policy, paymentId }: Data<'DebtWrittenOff'>,
  { accountId, effectiveAt }: About,
): MessageData<'debt.written-off'> {
  return {
    accountId,
    effectiveAt,
    writeOffId,
    amount,
    lines: sharesIn(lines, amount),
    reason,
    ...(policy !== undefined && { policy }),
    ...(paymentId !== undefined && { paymentId }),
  };
}

function reinstated(
  { amount, lines, reason, paymentId }: Data<'DebtReinstated'>,
  { accountId, effectiveAt }: About,
): MessageData<'debt.reinstated'> {
  return {
    accountId,
    effectiveAt,
    amount,
    lines: sharesIn(lines, amount),
    reason,
    ...(paymentId !== undefined && { paymentId }),
  };
}
