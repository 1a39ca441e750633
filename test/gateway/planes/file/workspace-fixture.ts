import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from '../../../../gateway/core/actor.ts'
import type { Decision } from '../../../../gateway/core/decision.ts'
import { createGovernor } from '../../../../gateway/core/govern.ts'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import type { ApprovalQueue, Classify, Policy } from '../../../../gateway/core/ports.ts'
import type { PathClass } from '../../../../gateway/core/tool-call.ts'
import type { HeldCommit } from '../../../../gateway/planes/file/commit-held.ts'
import { createFilePlane, type CollectReport, type FilePlane } from '../../../../gateway/planes/file/file-plane.ts'
import { openHeldStore } from '../../../../gateway/planes/file/held-store.ts'
import { openProject, type Project } from '../../../../gateway/project/project.ts'
import { openHolder } from '../../../../sandbox/holder.ts'
import type { OverlayMount } from '../../../../sandbox/workspace-fs.ts'

const exec = promisify(execFile)

export interface Fixture {
  readonly project: Project
  readonly repository: string
  readonly mount: OverlayMount
  readonly entries: EntryBody[]
  /** Digests that a second person approved. */
  readonly approved: Set<string>
  /** Runs a shell command in the workspace, as the agent could. */
  agent (script: string): Promise<string>
  collect (): Promise<CollectReport>
  commitHeld (approval: string): Promise<HeldCommit>
  /** Ends the session: its next collection would be of a new one. */
  endSession (): Promise<void>
  git (...args: string[]): Promise<string>
  /** Called in the middle of a turn: after everything was read, before the decision is made. */
  duringDecision: () => Promise<void>
  close (): Promise<void>
}

export interface FixtureOptions {
  readonly files: Readonly<Record<string, string>>
  readonly limits?: { readonly fileBytes: number, readonly changedFiles: number }
  readonly classify?: Classify
  readonly policy?: Policy
  readonly classOf?: (path: string) => PathClass
  readonly role?: string
}

/** Words of the path decide its class: enough to tell the verdicts apart. */
export function classOf (path: string): PathClass {
  if (/(^|\/)\.env/.test(path)) return 'secret'
  if (/(^|\/)(node_modules|dist)\//.test(path)) return 'generated'
  if (path === 'package.json') return 'dependency'
  if (path.startsWith('.github/')) return 'ci'
  return 'source'
}

const VERDICTS: Partial<Record<PathClass, Decision['verdict']>> = { secret: 'deny', dependency: 'pending', ci: 'deny' }

/** A real repository, a real overlay in a real holder, the real governor, and a policy of three lines. */
export async function openFixture (options: FixtureOptions): Promise<Fixture> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-file-'))
  const repository = join(dir, 'repo')
  await makeRepository(repository, options.files)
  const classes = options.classOf ?? classOf
  const config = { project: repository, testCommand: 'npm test', environments: { DEV: {} } }
  const project = await openProject({ app: 'shop', config, dataDir: join(dir, 'data'), classOf: classes })
  const { lowerDir } = await project.materialise('DEV', classes)
  const paths = { lower: lowerDir, upper: join(dir, 'upper'), work: join(dir, 'work'), merged: join(dir, 'merged') }
  for (const path of [paths.upper, paths.work, paths.merged]) await mkdir(path)
  const holder = await openHolder(paths)
  const mount = { holderPid: holder.pid, mergedDir: paths.merged, upperDir: paths.upper, lowerDir }
  const entries: EntryBody[] = []
  const approved = new Set<string>()
  const plane = await openPlane(options, project, join(dir, 'held'), { entries, approved, turn: () => fixture.duringDecision() })
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => { end = resolve })
  const context = { ...CONTEXT, actor: { ...CONTEXT.actor, role: options.role ?? 'author' } }
  const fixture: Fixture = {
    project,
    repository,
    mount,
    entries,
    approved,
    duringDecision: async () => undefined,
    agent: async (script) => (await exec('nsenter', ['-t', String(holder.pid), '-U', '-m', '--preserve-credentials', 'sh', '-ec', `cd ${paths.merged}; ${script}`])).stdout,
    collect: () => plane.collect({ id: 'wses_1', context, ended }, mount),
    commitHeld: (approval) => plane.commitHeld(approval),
    async endSession () {
      end()
      await ended
    },
    git: async (...args) => (await exec('git', ['-C', repository, ...args])).stdout.trim(),
    async close () {
      await holder.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
  return fixture
}

async function makeRepository (folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const git = (...args: string[]): Promise<unknown> => exec('git', ['-C', folder, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args])
  await mkdir(folder, { recursive: true })
  await git('init', '--quiet', '--initial-branch=main')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await git('add', '--all', '--force')
  await git('commit', '--quiet', '--allow-empty', '-m', 'Start')
}

interface Spies { readonly entries: EntryBody[], readonly approved: Set<string>, turn (): Promise<void> }

async function openPlane (options: FixtureOptions, project: Project, heldDir: string, spies: Spies): Promise<FilePlane> {
  const ledger = {
    async append (body: EntryBody) { return spies.entries.push(body) - 1 },
    settle: (permit: { entry: number }, status: 'done' | 'failed' | 'unknown', detail: object) => { spies.entries.push({ kind: 'outcome', of: permit.entry, status, detail: { ...detail } }) },
    record: (body: EntryBody) => { spies.entries.push(body) },
  }
  const approvals: ApprovalQueue & { isStale (): boolean } = {
    isStale: () => false,
    find: (digest) => spies.approved.has(digest) ? { id: `apr_${digest}`, by: 'bob', requestedBy: 'alice', heldAtMs: 0 } : null,
    consume: (id) => spies.approved.delete(id.slice(4)),
    hold: (digest) => `apr_${digest}`,
  }
  const governor = createGovernor({ classify: options.classify ?? classify, policy: () => options.policy ?? POLICY, ledger, approvals, clock: { nowMs: () => 0 } })
  return createFilePlane({
    govern: async (subject, context) => {
      await spies.turn()
      return await governor.govern(subject, context)
    },
    project: () => project,
    classOf: options.classOf ?? classOf,
    ledger,
    approvals,
    held: await openHeldStore(heldDir),
    limits: options.limits ?? { fileBytes: 65_536, changedFiles: 100 },
    log: { warn: (_, message) => { throw new Error(message) } },
  })
}

const CONTEXT: Context = {
  plane: 'client',
  actor: { id: 'alice@acme.test', role: 'author', groups: [], org: 'acme' },
  app: 'shop',
  environment: 'DEV',
  session: { id: 'wses_1', client: 'opencode/1.18.33', agent: 'build' },
}

/** The policy of three lines. */
export const POLICY = {
  revision: 'r1',
  evaluate (input: Parameters<ReturnType<Parameters<typeof createGovernor>[0]['policy']>['evaluate']>[0]): Decision {
    const [target] = input.targets
    const wanted = target === undefined ? 'deny' : VERDICTS[target.class] ?? 'allow'
    const verdict = wanted === 'pending' && input.approval !== null ? 'allow' : wanted
    return { verdict, rule: `test.${verdict}`, reason: verdict, feedback: `${verdict} by test`, also: [], obligations: {}, revision: 'r1' }
  },
}

const classify: Classify = (call) => {
  const targets = call.targets.map(({ path, access }) => ({ path: path.replace('/workspace/', ''), class: classOf(path.replace('/workspace/', '')), access }))
  return { tool: call.tool, permission: 'edit', targets, command: null, url: null }
}

/** What most tests start from. */
export const FILES = {
  'README.md': '# Shop\n',
  'package.json': '{}\n',
  'src/cart.js': 'export const cart = []\n',
  'src/price.js': 'export const price = 1\n',
  'docs/a.md': 'a\n',
  'docs/b.md': 'b\n',
  '.env': 'KEY=real\n',
}

/** A fixture that closes with its test. */
export async function open (test: { teardown (end: () => Promise<void>): unknown }, options: Partial<FixtureOptions> = {}): Promise<Fixture> {
  const fixture = await openFixture({ files: FILES, ...options })
  test.teardown(() => fixture.close())
  return fixture
}

/** A commit on top of weir/dev in which somebody else changed one file. */
export async function other (fixture: Fixture, path: string, text: string): Promise<string> {
  const index = `${fixture.mount.mergedDir}.index`
  const git = (input: string, ...args: string[]): string => execFileSync('git', ['-C', fixture.repository, '-c', 'user.name=O', '-c', 'user.email=o@acme.test', ...args], { input, env: { ...process.env, GIT_INDEX_FILE: index } }).toString().trim()
  const blob = git(text, 'hash-object', '-w', '--stdin')
  git('', 'read-tree', 'weir/dev')
  git('', 'update-index', '--cacheinfo', `100644,${blob},${path}`)
  return git('theirs', 'commit-tree', git('', 'write-tree'), '-p', 'weir/dev')
}
