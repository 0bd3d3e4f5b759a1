import { type PersonalData } from '#libs/platform';

/** What is needed here of the keys of personal data. */
export type PersonalDataKeys = Pick<PersonalData, 'open' | 'seal'>;
