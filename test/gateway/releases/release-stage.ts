import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGovernor } from '../../../gateway/core/govern.ts'
import type { Context, Environment } from '../../../gateway/core/actor.ts'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import type { Git } from '../../../gateway/project/git.ts'
import { openProject, type Project } from '../../../gateway/project/project.ts'
import { createReleaseBook, type ReleaseBook } from '../../../gateway/releases/release-book.ts'
import { openReleaseFile, releaseFileOf } from '../../../gateway/releases/release-file.ts'
import { openReleaseKey, releaseKeyFile } from '../../../gateway/releases/release-key.ts'
import { createReleases, type Releases } from '../../../gateway/releases/releases.ts'
import { createSettling } from '../../../gateway/releases/settle-record.ts'
import { classOf } from '../project/project-folder.ts'

export interface ReleaseStage { readonly releases: Releases, readonly book: ReleaseBook, readonly project: Project, readonly told: EntryBody[], close (): void }

/** Called before each step that reaches the disk; one that throws is where the gateway is killed. */
export type Step = (what: string) => void

export const CONTEXT: Context = { plane: 'api', actor: { id: 'olga', role: 'operator', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null }
export const inEnvironment = (environment: Environment): Context => ({ ...CONTEXT, environment })

/** A git project with one commit. */
export function makeRepository (folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'a.js'), 'a\n')
  owner(folder, 'init', '-q', '-b', 'main')
  owner(folder, 'add', '-A')
  owner(folder, 'commit', '-q', '-m', 'first')
}

export function owner (folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', folder, '-c', 'user.name=Owner', '-c', 'user.email=owner@acme.test', ...args], { encoding: 'utf8' }).trim()
}

/** Releases of a project on the data folder as it is, as a gateway's start opens them, under a policy that allows all. */
export async function openReleaseStage (folder: string, dataDir: string, step: Step = () => undefined): Promise<ReleaseStage> {
  if (!existsSync(folder)) makeRepository(folder)
  mkdirSync(dataDir, { recursive: true })
  const told: EntryBody[] = []
  let entries = Date.now() % 1e9 * 1_000
  const ledger = {
    append: async (body: EntryBody) => {
      step('ledger')
      told.push(body)
      entries += 1
      return entries
    },
    settle: () => undefined,
    record: (body: EntryBody) => { told.push(body) },
  }
  const governor = createGovernor({
    classify: () => { throw new Error('no call is asked about') },
    policy: () => ({ revision: 'r1', evaluate: () => ({ verdict: 'allow', rule: 'test.allow', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' }) }),
    ledger,
    approvals: { find: () => null, consume: () => false, hold: () => '' },
    clock: { nowMs: Date.now },
  })
  const file = openReleaseFile(releaseFileOf(dataDir), () => undefined)
  const book = createReleaseBook(file.lines)
  const record = {
    book,
    ledger,
    write (line: Parameters<typeof file.append>[0]) {
      step('record')
      file.append(line)
      book.apply(line)
      step('recorded')
    },
  }
  const opened = await openProject({ app: 'shop', config: { project: folder, testCommand: 'true', environments: {} }, dataDir, classOf })
  const project: Project = { ...opened, git: steppedGit(opened.git, step) }
  const settle = createSettling(record)
  const releases = createReleases({
    ...record,
    governor,
    key: openReleaseKey(releaseKeyFile(dataDir)),
    project: async () => {
      await settle(project)
      return project
    },
    classOf,
    sandboxes: { open: () => { throw new Error('nothing is checked') }, close: async () => undefined },
    commandOf: () => null,
    nowMs: Date.now,
  })
  await settle(project)
  return { releases, book, project, told, close: () => file.close() }
}

function steppedGit (git: Git, step: Step): Git {
  const changes = (args: readonly string[]): boolean => ['update-ref', 'mktag'].includes(args[0] ?? '')
  const run: Git['run'] = async (args, options) => {
    if (changes(args)) step(`git ${args[0]}`)
    const out = await git.run(args, options)
    if (changes(args)) step(`git ${args[0]} done`)
    return out
  }
  return { ...git, run, text: async (args, options) => (await run(args, options)).toString('utf8').trim() }
}
