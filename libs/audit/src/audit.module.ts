import { type DynamicModule, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { EventStore } from '#libs/event-sourcing';
import { type Database, Problem } from '#libs/platform';
import { AccessInterceptor } from './accesses/access.interceptor.js';
import { AccessLog } from './accesses/access-log.job.js';
import { AccessesController } from './accesses/accesses.controller.js';
import { AuditQueries } from './audit.queries.js';
import { AUDIT_KEYS, type AuditKeys } from './checkpoints/audit-keys.js';
import { CheckpointContradicts, CheckpointSigner } from './checkpoints/checkpoint-signer.job.js';
import { CheckpointsController } from './checkpoints/checkpoints.controller.js';
import { ProofsController } from './proofs/proofs.controller.js';
import { ProofsQueries } from './proofs/proofs.queries.js';
import { TreeController } from './tree/tree.controller.js';
import { TreeBehind, TreeQueries } from './tree/tree.queries.js';

/**
 * Checkpoints, proofs and the record of accesses over HTTP; and that record itself, for whatever in the process is marked
 * `@Accessed`. EventStore and DATABASE come from a global module of the process; errors are answered by `auditProblemOf`.
 */
@Module({})
export class AuditModule {
  /** @param options.keys without a signer nothing is signed here */
  static forRoot({ store, db, keys }: { store: EventStore; db: Database; keys: AuditKeys }): DynamicModule {
    const tree = new TreeQueries(db);
    const signer = keys.signer ? new CheckpointSigner(store, tree, keys.signer, keys.verifiers) : null;
    return {
      module: AuditModule,
      controllers: [CheckpointsController, ProofsController, AccessesController, TreeController],
      providers: [
        { provide: TreeQueries, useValue: tree },
        { provide: AUDIT_KEYS, useValue: keys },
        { provide: CheckpointSigner, useValue: signer },
        { provide: AccessLog, useValue: new AccessLog(store) },
        { provide: APP_INTERCEPTOR, useClass: AccessInterceptor },
        AuditQueries,
        ProofsQueries,
      ],
    };
  }
}

/** How errors of the audit are answered; undefined for an error that is none of them. */
export function auditProblemOf(error: unknown): Problem | undefined {
  if (error instanceof TreeBehind) return new Problem(503, 'TREE_BEHIND', error.message, { retryAfterSeconds: 1 });
  if (error instanceof CheckpointContradicts) return new Problem(409, 'CHECKPOINT_CONTRADICTS', error.message);
  return undefined;
}
