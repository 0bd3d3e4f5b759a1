import {
  type AccountState,
  ChangePayBillNumber,
  ConsolidateAccount,
  RequestAccountTransfer,
  SeparateAccount,
} from '#libs/ledger';
import { act, type Act } from './act.js';
import { daysBetween } from './days.js';
import { idOf, partsOn, type Subscriber } from './subscriber.js';

/** A transfer that was refused is asked for again so many weeks. */
const WEEKS_TRIED = 4;
const AGENT = { actor: 'agent:42' };

/** Two accounts that are tied, as they are. */
export interface Tied {
  readonly account: AccountState;
  readonly other: AccountState;
  readonly otherId: string;
}

/** Whether anything may come of a tie on a day. */
export function isTieDay({ tie }: Subscriber, day: string): boolean {
  if (!tie || day < tie.on) return false;
  if (tie.kind === 'household') return day === tie.on || day === partsOn(tie);
  const days = daysBetween(tie.on, day);
  return days % 7 === 0 && days < 7 * WEEKS_TRIED;
}

/** What staff does about two accounts on a day on which something may come of it. */
export function actsOfTie(seed: number, subscriber: Subscriber, day: string, tied: Tied): Act[] {
  const { tie } = subscriber;
  if (!tie) return [];
  if (tie.kind !== 'household') return transfer(seed, subscriber, tie.kind, day, tied);
  return day === tie.on ? joining(subscriber, tied) : parting(subscriber, tied);
}

function joining({ accountId }: Subscriber, { account, other }: Tied): Act[] {
  const [payBillNumber] = other.ownNumbers;
  const isAlone = account.ownNumbers.includes(account.payBillNumber);
  if (payBillNumber === undefined || !isAlone || account.status !== 'open' || other.status !== 'open') return [];
  const reason = 'one-household';
  const printed = { payBillNumber, because: 'consolidated', reason } as const;
  return [
    act(ConsolidateAccount, payBillNumber, { accountId, reason }, AGENT),
    act(ChangePayBillNumber, accountId, printed, AGENT),
  ];
}

function parting({ accountId }: Subscriber, { account, other }: Tied): Act[] {
  const [shared] = other.ownNumbers;
  const payBillNumber = account.ownNumbers.at(-1);
  if (shared === undefined || payBillNumber === undefined || account.payBillNumber !== shared) return [];
  const reason = 'moved-out';
  const leaving = act(SeparateAccount, shared, { accountId, reason }, AGENT);
  if (account.status !== 'open') return [leaving];
  return [leaving, act(ChangePayBillNumber, accountId, { payBillNumber, because: 'separated', reason }, AGENT)];
}

function transfer(
  seed: number,
  { index, accountId: fromAccountId }: Subscriber,
  kind: 'merger' | 'transfer' | 'balance',
  day: string,
  { account, otherId: successorId }: Tied,
): Act[] {
  const transferId = idOf(seed, 'transfer', index, day);
  const asked = { fromAccountId, successorId };
  if (kind === 'balance') {
    const moves = account.open > 0n ? 'debt' : 'credit';
    if (account.open === 0n && account.credit === 0n) return [];
    const body = { ...asked, kind: 'transfer', moves, reason: 'debt-assumed' } as const;
    return [act(RequestAccountTransfer, transferId, body, AGENT)];
  }
  if (account.status !== 'open') return [];
  const isTakenOver = kind === 'transfer';
  const reason = isTakenOver ? 'taken-over' : 'duplicate-account';
  const body = { ...asked, kind, moves: 'all', newPayBillNumber: isTakenOver, reason } as const;
  return [act(RequestAccountTransfer, transferId, body, AGENT)];
}
