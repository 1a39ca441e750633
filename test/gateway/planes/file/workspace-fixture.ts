import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { callWork } from '../../../../adapters/opencode/call-work.ts'
import type { Context } from '../../../../gateway/core/actor.ts'
import type { Decision } from '../../../../gateway/core/decision.ts'
import { createGovernor, type Governed, type Governor } from '../../../../gateway/core/govern.ts'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import type { ApprovalQueue, Classify, Policy } from '../../../../gateway/core/ports.ts'
import type { DecodedCall, PathClass } from '../../../../gateway/core/tool-call.ts'
import type { HeldCommit } from '../../../../gateway/planes/file/commit-held.ts'
import { createFilePlane, type CollectReport, type FilePlane, type FilePlanePorts } from '../../../../gateway/planes/file/file-plane.ts'
import { diffHeld } from '../../../../gateway/planes/file/diff-held.ts'
import type { RefusedChange } from '../../../../gateway/planes/file/refuse-held.ts'
import { openHeldStore, type HeldStore } from '../../../../gateway/planes/file/held-store.ts'
import type { CollectOccasion } from '../../../../gateway/sessions/session.ts'
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
  /** Asks about a call of the agent's, in the session whose changes are collected. */
  ask (call: DecodedCall, text: string): Promise<Governed>
  /** Runs a shell command in the workspace, as the agent could. */
  agent (script: string): Promise<string>
  collect (occasion?: CollectOccasion): Promise<CollectReport>
  commitHeld (approval: string): Promise<HeldCommit>
  diffHeld (approval: string): Promise<string | null>
  refuseHeld (approval: string): Promise<RefusedChange | null>
  /** Ends the session: its next collection would be of a new one. */
  endSession (): Promise<void>
  git (...args: string[]): Promise<string>
  /** Called in the middle of a turn: after everything was read, before the decision is made. */
  duringDecision: () => Promise<void>
  /** Called as soon as an approval waits. */
  onHeld: (approval: string) => void
  close (): Promise<void>
}

export interface FixtureOptions {
  readonly files: Readonly<Record<string, string>>
  readonly limits?: { readonly fileBytes: number, readonly changedFiles: number }
  readonly classify?: Classify
  readonly policy?: Policy
  readonly classOf?: (path: string) => PathClass
  readonly role?: string
  readonly secrets?: 'absent' | 'empty'
  /** A path at which the project has a submodule. */
  readonly submodule?: string
  /** Where the project and what waits are kept, for another fixture to go on with. Default: a folder that goes with the fixture. */
  readonly dir?: string
  /** Default: one that knows digests only, see `approved`. */
  readonly approvals?: FilePlanePorts['approvals'] & ApprovalQueue
}

/** Words of the path decide its class: enough to tell the verdicts apart. */
export function classOf (path: string): PathClass {
  if (/(^|\/)\.env/.test(path)) return 'secret'
  if (/(^|\/)(node_modules|dist)\//.test(path)) return 'generated'
  if (/(^|\/)(package\.json|go\.mod)$/.test(path)) return 'dependency'
  if (path.startsWith('.github/')) return 'ci'
  return 'source'
}

const VERDICTS: Partial<Record<PathClass, Decision['verdict']>> = { secret: 'deny', dependency: 'pending', ci: 'deny' }

/** A real repository, a real overlay in a real holder, the real governor, and a policy of three lines. */
export async function openFixture (options: FixtureOptions): Promise<Fixture> {
  const dir = options.dir ?? await mkdtemp(join(tmpdir(), 'weir-file-'))
  const repository = join(dir, 'repo')
  if (!existsSync(repository)) await makeRepository(repository, options)
  const classes = options.classOf ?? classOf
  const config = { project: repository, testCommand: 'npm test', environments: { DEV: {} }, secrets: options.secrets ?? 'absent' } as const
  const project = await openProject({ app: 'shop', config, dataDir: join(dir, 'data'), classOf: classes })
  const { lowerDir } = await project.materialise('DEV', classes)
  const run = await mkdtemp(join(dir, 'run-'))
  const paths = { lower: lowerDir, upper: join(run, 'upper'), work: join(run, 'work'), merged: join(run, 'merged') }
  for (const path of [paths.upper, paths.work, paths.merged]) await mkdir(path)
  const holder = await openHolder(paths)
  const mount = { holderPid: holder.pid, mergedDir: paths.merged, upperDir: paths.upper, lowerDir }
  const entries: EntryBody[] = []
  const approved = new Set<string>()
  const held = await openHeldStore(join(dir, 'held'))
  const { plane, governor } = await openPlane(options, project, held, { entries, approved, turn: () => fixture.duringDecision(), onHeld: (approval) => { fixture.onHeld(approval) } })
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
    onHeld: () => undefined,
    ask: (call, text) => governor.govern({ kind: 'tool-call', call, text: () => text }, { ...context, plane: 'model' }),
    agent: async (script) => (await exec('nsenter', ['-t', String(holder.pid), '-U', '-m', '--preserve-credentials', 'sh', '-ec', `cd ${paths.merged}; ${script}`])).stdout,
    collect: (occasion) => plane.collect({ id: 'wses_1', context, ended }, mount, occasion),
    commitHeld: (approval) => plane.commitHeld(approval, 'wses_1'),
    refuseHeld: (approval) => plane.refuseHeld(approval, 'wses_1'),
    diffHeld: (approval) => diffHeld(approval, { held, project: () => project }),
    async endSession () {
      end()
      await ended
    },
    git: async (...args) => (await exec('git', ['-C', repository, ...args])).stdout.trim(),
    async close () {
      await holder.close()
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
  return fixture
}

async function makeRepository (folder: string, { files, submodule }: FixtureOptions): Promise<void> {
  const git = (...args: string[]): Promise<unknown> => exec('git', ['-C', folder, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args])
  await mkdir(folder, { recursive: true })
  await git('init', '--quiet', '--initial-branch=main')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await git('add', '--all', '--force')
  if (submodule !== undefined) await git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},${submodule}`)
  await git('commit', '--quiet', '--allow-empty', '-m', 'Start')
}

interface Spies { readonly entries: EntryBody[], readonly approved: Set<string>, turn (): Promise<void>, onHeld (approval: string): void }

async function openPlane (options: FixtureOptions, project: Project, held: HeldStore, spies: Spies): Promise<{ readonly plane: FilePlane, readonly governor: Governor }> {
  const ledger = {
    async append (body: EntryBody) { return spies.entries.push(body) - 1 },
    settle: (permit: { entry: number }, status: 'done' | 'failed' | 'unknown', detail: object) => { spies.entries.push({ kind: 'outcome', of: permit.entry, status, detail: { ...detail } }) },
    record: (body: EntryBody) => { spies.entries.push(body) },
  }
  const approvals: FilePlanePorts['approvals'] & ApprovalQueue = options.approvals ?? {
    isStale: () => false,
    writesOf: () => [],
    carry () {},
    find: (digest) => spies.approved.has(digest) ? { id: `apr_${digest}`, by: 'bob', requestedBy: 'alice', heldAtMs: 0 } : null,
    consume: (id) => spies.approved.delete(id.slice(4)),
    hold (digest) {
      spies.onHeld(`apr_${digest}`)
      return `apr_${digest}`
    },
  }
  const governor = createGovernor({ classify: options.classify ?? classify, policy: () => options.policy ?? POLICY, ledger, approvals, clock: { nowMs: () => 0 } })
  const plane = createFilePlane({
    govern: async (subject, context) => {
      await spies.turn()
      return await governor.govern(subject, context)
    },
    preview: governor.preview,
    revision: () => (options.policy ?? POLICY).revision,
    project: () => project,
    classOf: options.classOf ?? classOf,
    ledger,
    approvals,
    workOf: callWork,
    held,
    limits: options.limits ?? { fileBytes: 65_536, changedFiles: 100 },
    log: { warn: (_, message) => { throw new Error(message) } },
  })
  return { plane, governor }
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
    const wanted = target === undefined ? 'deny' : input.tool?.args['conflict'] === true ? 'pending' : VERDICTS[target.class] ?? 'allow'
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

/** A commit on top of weir/dev in which somebody else changed one file, or (null) deleted it. */
export async function other (fixture: Fixture, path: string, text: string | null): Promise<string> {
  const index = `${fixture.mount.mergedDir}.index`
  const git = (input: string, ...args: string[]): string => execFileSync('git', ['-C', fixture.repository, '-c', 'user.name=O', '-c', 'user.email=o@acme.test', ...args], { input, env: { ...process.env, GIT_INDEX_FILE: index } }).toString().trim()
  git('', 'read-tree', 'weir/dev')
  if (text === null) git('', 'update-index', '--force-remove', path)
  else git('', 'update-index', '--add', '--cacheinfo', `100644,${git(text, 'hash-object', '-w', '--stdin')},${path}`)
  return git('theirs', 'commit-tree', git('', 'write-tree'), '-p', 'weir/dev')
}
