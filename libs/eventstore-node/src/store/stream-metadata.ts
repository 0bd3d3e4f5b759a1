/** Who may do what with a stream: names of users or roles per operation; undefined means the default applies. */
export interface StreamAcl {
  read?: string[];
  write?: string[];
  delete?: string[];
  metaRead?: string[];
  metaWrite?: string[];
}

/** The settings of a stream, as the last event of its metadata stream says them. */
export interface StreamMetadata {
  /** Events before this revision are gone. */
  truncateBefore?: number;
  maxCount?: number;
  /** Seconds. */
  maxAge?: number;
  acl?: StreamAcl;
  /** The JSON text, because unknown properties must survive a rewrite. */
  raw: string;
}

/** `$tb` of a deleted stream. JSON numbers lose the last digits of the largest int64, hence a bound and not an equality. */
const DELETED_BOUND = 9.2e18;
const DELETED_JSON = '{"$tb":9223372036854775807}';
const META_PREFIX = '$$';

/** Metadata streams keep their last event only. */
export const METADATA_OF_METADATA: StreamMetadata = { maxCount: 1, raw: '' };
/** The metadata that marks a stream as deleted; a later append undoes it. */
export const DELETED: StreamMetadata = { truncateBefore: Number.MAX_SAFE_INTEGER, raw: DELETED_JSON };

export const isMetadataStream = (stream: string): boolean => stream.startsWith(META_PREFIX);
export const metadataStreamOf = (stream: string): string => META_PREFIX + stream;
export const streamOfMetadata = (metadataStream: string): string => metadataStream.slice(META_PREFIX.length);
export const isSystemStream = (stream: string): boolean => stream.startsWith('$');
export const isInvalidStreamName = (stream: string): boolean => stream === '' || stream === META_PREFIX;

/** Whether the stream was deleted and not written since. */
export const isSoftDeleted = (metadata: StreamMetadata | undefined): boolean =>
  metadata?.truncateBefore === Number.MAX_SAFE_INTEGER;

/** Reads metadata JSON; text that is no JSON object counts as no metadata, as on the real server. */
export function parseStreamMetadata(raw: string): StreamMetadata | undefined {
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const fields = json as Record<string, unknown>;
  return {
    truncateBefore: truncation(fields['$tb']),
    maxCount: count(fields['$maxCount']),
    maxAge: count(fields['$maxAge']),
    acl: parseAcl(fields['$acl']),
    raw,
  };
}

/** The metadata of a stream that comes back to life: everything before its next revision stays gone. */
export function undeleted(raw: string, nextRevision: number): string {
  return JSON.stringify({ ...(JSON.parse(raw) as object), $tb: nextRevision });
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

function truncation(value: unknown): number | undefined {
  const revision = count(value);
  return revision !== undefined && revision >= DELETED_BOUND ? Number.MAX_SAFE_INTEGER : revision;
}

function parseAcl(value: unknown): StreamAcl | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  return {
    read: names(fields['$r']),
    write: names(fields['$w']),
    delete: names(fields['$d']),
    metaRead: names(fields['$mr']),
    metaWrite: names(fields['$mw']),
  };
}

function names(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : undefined;
}
