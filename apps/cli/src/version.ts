import { readFileSync } from 'node:fs';

const levels = import.meta.url.endsWith('.ts') ? '../../../' : '../../../../';
const manifest = readFileSync(new URL(`${levels}package.json`, import.meta.url), 'utf8');

/** That of the package this program is part of. */
export const { version: VERSION } = JSON.parse(manifest) as { readonly version: string };
