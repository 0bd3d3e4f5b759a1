import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WrongOption } from '../options.js';

const run = promisify(execFile);

interface GitBuild {
  readonly directory: string;
  /** Removes what nobody wants to keep. */
  remove(): Promise<void>;
}

/**
 * A build of a commit of the repository that this program was built in. The commit's files are taken out by `git archive`
 * into a temporary directory, which leaves the repository and its worktrees as they are, and built there with the
 * dependencies of this checkout. Kept by commit, unless `cache` is false.
 * @throws WrongOption
 */
export async function buildOf(root: string, ref: string, cache: boolean): Promise<GitBuild> {
  const commit = await commitOf(root, ref);
  const kept = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'paybill/builds', commit);
  const keep = () => Promise.resolve();
  if (cache && existsSync(kept)) return { directory: kept, remove: keep };
  const scratch = await mkdtemp(join(tmpdir(), 'paybill-build-'));
  const remove = () => rm(scratch, { recursive: true, force: true });
  try {
    await build(root, commit, scratch);
    if (!cache) return { directory: scratch, remove };
    await keepAs(kept, scratch, root);
  } catch (error) {
    await remove();
    throw error;
  }
  await remove();
  return { directory: kept, remove: keep };
}

async function commitOf(root: string, ref: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', root, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    return stdout.trim();
  } catch {
    throw new WrongOption(
      `--against: ${ref} is neither the directory of a build nor a commit of the repository ${root}`,
    );
  }
}

async function build(root: string, commit: string, to: string): Promise<void> {
  console.error(`building ${commit.slice(0, 12)} …`);
  const archive = join(to, 'source.tar');
  await run('git', ['-C', root, 'archive', '--output', archive, commit]);
  await run('tar', ['-xf', archive, '-C', to]);
  await rm(archive);
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'), 'dir');
  if ((await lockOf(to)) !== (await lockOf(root))) {
    console.error('its package-lock.json is another one; it is built and run with the dependencies of this checkout');
  }
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  await run(process.execPath, [nest, 'build'], { cwd: to }).catch(
    (error: Error & { stderr?: string; stdout?: string }) => {
      const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().split('\n').slice(-5).join(' ');
      throw new WrongOption(`--against: ${commit} cannot be built with the dependencies of this checkout: ${said}`);
    },
  );
}

async function lockOf(directory: string): Promise<string> {
  return readFile(join(directory, 'package-lock.json'), 'utf8').catch(() => '');
}

/** Whole or not at all: another process may be building the same commit. */
async function keepAs(place: string, built: string, root: string): Promise<void> {
  const aside = `${place}.unfinished-${process.pid}`;
  await mkdir(aside, { recursive: true });
  for (const part of ['dist', 'package.json']) await cp(join(built, part), join(aside, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(aside, 'node_modules'), 'dir');
  await rename(aside, place).catch(() => rm(aside, { recursive: true, force: true }));
}
