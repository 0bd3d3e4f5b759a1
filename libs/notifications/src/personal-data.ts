import { type PersonalData, Problem } from '#libs/platform';

/** What is needed here of the keys of personal data. */
export type PersonalDataKeys = Pick<PersonalData, 'open' | 'seal' | 'oneTimeCode'>;

/** For a process without a master key: what needs one is refused, the rest works. */
export const LOCKED: PersonalDataKeys = { open: refuse, seal: refuse, oneTimeCode: refuse };

function refuse(): Promise<never> {
  const detail = 'this process has no key for what is kept sealed; set PAYBILL_MASTER_KEY where it runs';
  return Promise.reject(new Problem(503, 'PERSONAL_DATA_LOCKED', detail));
}
