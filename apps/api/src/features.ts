import { AuditModule, auditProblemOf } from '#http/audit';
import { type AuditKeys, auditReadModels, lastCheckpoint, treeStanding } from '#libs/audit';
import { type Biller } from '#libs/bill-documents';
import { ProjectionsModule } from '#http/event-sourcing';
import { type CommandHandling, type EventStore, shownStandings } from '#libs/event-sourcing';
import { FraudModule } from '#http/fraud';
import { fraudProblemOf, fraudReadModels } from '#libs/fraud';
import { LedgerModule } from '#http/ledger';
import {
  type Catalogue,
  type Collecting,
  type CollectionPolicy,
  ledgerProblemOf,
  paymentReadModels,
  readModels,
  subscriptionReadModels,
  receiptReadModels,
  tillReadModels,
} from '#libs/ledger';
import { MessagingModule } from '#http/messaging';
import { NotificationsModule } from '#http/notifications';
import { type Database, type PersonalData } from '#libs/platform';

/** What the API serves, on the given connections. */
export function featuresOn(connections: {
  readonly store: EventStore;
  readonly db: Database;
  readonly catalogue: Catalogue;
  readonly collectionPolicy: CollectionPolicy;
  readonly handling?: CommandHandling;
  readonly personalData?: PersonalData | undefined;
  /** The gateways that collect payments; none unless given. */
  readonly collecting?: Collecting | undefined;
  /** As bills name it. */
  readonly biller?: Biller;
  /** Who signs checkpoints; nobody unless given. */
  readonly keys?: AuditKeys | undefined;
}) {
  const { store, db, personalData, keys = { verifiers: [] } } = connections;
  return {
    features: [
      LedgerModule.forRoot(connections),
      MessagingModule.forRoot({ db }),
      NotificationsModule.forRoot({ db, personalData }),
      FraudModule.forRoot(),
      AuditModule.forRoot({ store, db, keys }),
      ProjectionsModule.forRoot({
        store,
        db,
        projections: [
          ...readModels,
          ...paymentReadModels,
          ...subscriptionReadModels,
          ...receiptReadModels,
          ...tillReadModels,
          ...fraudReadModels,
          ...auditReadModels,
        ],
      }),
    ],
    probes: {
      lastPosition: () => store.lastPosition(),
      projections: () => shownStandings(db),
      followers: async () => [await treeStanding(db)],
      checkpoint: () => lastCheckpoint(store),
    },
    problems: [auditProblemOf, fraudProblemOf, ledgerProblemOf],
  };
}
