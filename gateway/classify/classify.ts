import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../core/actor.ts'
import type { Classify } from '../core/ports.ts'
import type { Access, Classification, CommandFacts, ContentFacts, PathClass, Permission, RawTarget, Target, ToolCall, WrittenText } from '../core/tool-call.ts'
import { canonicalPath, type CanonicalPath } from './paths/canonical-path.ts'
import type { ClassifyData } from './classify-data.ts'
import { contentFacts } from './contents/content-facts.ts'
import { createGlobClasses, type GlobClasses } from './paths/glob-classes.ts'
import { leaksSecrets } from './languages/leaking-code.ts'
import { createPathClasses, strictestClass, type PathClasses } from './paths/path-classes.ts'
import { permissionOf } from './permission-of.ts'
import { escapeGlob, type ShellFacts, type ShellParser, type Touch } from './shell/facts.ts'
import { seeksValues } from './programs/secret-searches.ts'
import { together } from './together.ts'
import { urlFacts } from './url-facts.ts'

const ROOT = '/workspace'

export interface ClassifyPorts {
  /** The data in force; its classes of paths are compiled again when they are others. */
  readonly data: () => ClassifyData
  readonly shell: ShellParser
  /** The exact text of an app's test run, or null when it has none. */
  readonly testCommand: (app: string) => string | null
  /** The target of a symbolic link at a workspace-relative path of the context's session, or null. Never follows. */
  readonly readlink: (context: Context, path: string) => string | null
}

interface Compiled { readonly data: ClassifyData, readonly classes: PathClasses, readonly globs: GlobClasses }

/** Makes the classifier: a tool call and its context to facts, without an opinion. */
export function createClassify (ports: ClassifyPorts): Classify {
  let compiled: Compiled | null = null
  const current = (): Compiled => {
    const data = ports.data()
    if (compiled?.data !== data) compiled = compile(data, compiled)
    return compiled
  }
  return (call, context) => classifyCall(call, context, ports, current())
}

// Compiling takes as long as some hundred calls, which wait meanwhile; a new policy seldom brings other classes of paths.
function compile (data: ClassifyData, last: Compiled | null): Compiled {
  if (last !== null && isDeepStrictEqual(last.data.path_classes, data.path_classes)) return { ...last, data }
  return { data, classes: createPathClasses(data.path_classes), globs: createGlobClasses(data.path_classes) }
}

function classifyCall (call: ToolCall, context: Context, ports: ClassifyPorts, compiled: Compiled): Classification {
  if (call.parts !== undefined) return together(call.parts.map((part) => classifyCall(part, context, ports, compiled)), call.tool)
  const command = commandOf(call, context, ports)
  const shell = command === null ? null : ports.shell(command, call.cwd)
  const locate = (path: string): CanonicalPath => canonicalPath(path, { cwd: call.cwd, root: ROOT, readlink: (link) => ports.readlink(context, link) })
  const touches = [...workingFolder(call), ...call.targets.map((target) => touchOf(target, call)), ...soughtPatterns(call), ...leakedSecrets(call), ...shell?.touches ?? []]
  const targets = uniqueTargets(touches.map((touch): Target => asFile(call, targetOf(withPlacedGlob(touch, call.cwd), locate(touch.path), compiled))))
  const tool = call.tool === 'run-shell' && isTestRun(call, context, ports) ? 'run-test' : call.tool
  return {
    tool,
    permission: mcpPermission(call, compiled.data) ?? permissionOf(tool, targets, shell, compiled.data),
    targets,
    command: shell === null ? null : commandFacts(shell),
    url: call.url === null ? null : urlFacts(call.url),
    content: contentOf(call, shell, locate, compiled),
  }
}

// Paths count from the workspace's root, where what is built and tested starts.
function contentOf ({ written }: ToolCall, shell: ShellFacts | null, locate: (path: string) => CanonicalPath, { classes }: Compiled): ContentFacts | null {
  const texts = written ?? (shell === null ? [] : [...shell.texts, ...restOf(shell)])
  return texts.length === 0
    ? null
    : contentFacts(texts, (name) => {
      const { path, place } = locate(name)
      return place !== 'unknown' && classes(path, place) === 'secret' ? path : null
    })
}

// A here-document that goes into no file may be a program of its own, or end in one.
function restOf ({ text, texts }: ShellFacts): readonly WrittenText[] {
  if (!text.includes('<<')) return []
  return [{ path: '', text: texts.reduce((rest, known) => rest.replace(known.text, () => ''), text), before: '' }]
}

// What a server does with a call is not to be seen here, so people say what it needs.
function mcpPermission ({ tool, native }: ToolCall, { mcp }: ClassifyData): Permission | null {
  return tool === 'other' && mcp !== undefined && Object.hasOwn(mcp.tools, native) ? mcp.tools[native]?.permission ?? null : null
}

// Who runs the tests by that name runs what the configuration says; no call can have anything else run in its place.
function commandOf ({ tool, command }: ToolCall, { app }: Context, ports: ClassifyPorts): string | null {
  return tool === 'run-test' && command === null ? ports.testCommand(app) : command
}

function isTestRun (call: ToolCall, { app }: Context, ports: ClassifyPorts): boolean {
  return call.command !== null && call.cwd === ROOT && call.command.trim() === ports.testCommand(app)?.trim()
}

// Most programs read the folder they start in, named or not.
function workingFolder ({ command, cwd }: ToolCall): readonly Touch[] {
  return command === null || cwd === ROOT ? [] : [{ path: cwd, access: 'read', glob: null, tree: false }]
}

// What a search is asked to find is a pattern; any other tool opens the very name it is given. An `@word` of a prompt
// may be no file at all (`@param`): as a pattern, a name that no list knows is not held against it.
function touchOf (target: RawTarget, call: ToolCall): Touch {
  if (call.tool === 'delegate') return { ...target, glob: escapeGlob(target.path), tree: false }
  const glob = call.tool === 'search' && /[*?[{]/.test(target.path) ? target.path : null
  // No file tool knows the home folders of other users: `~x` is a file of that name. `~/x` is what its writer took for home.
  return { path: /^~[^/]+$/.test(target.path) ? `./${target.path}` : target.path, access: target.access, glob, tree: false }
}

// Naming what to find is as telling as naming the file: `glob **/.env` and `grep --include .env` ask for the secret itself.
function soughtPatterns (call: ToolCall): readonly Touch[] {
  if (call.tool !== 'search') return []
  const base = call.targets[0]?.path ?? '.'
  const { pattern = '', include = '' } = call.args
  // Looking for the values of secrets through the whole workspace, hidden files included, is reading those files.
  if (call.native !== 'glob' && typeof pattern === 'string' && typeof include === 'string' && /^(?:\.\/?|\/workspace\/?|)$/.test(base) && seeksValues(pattern, include)) {
    return [{ path: '.env', access: 'read', glob: null, tree: false }]
  }
  const sought = [call.native === 'glob' ? pattern : undefined, include]
  return sought.flatMap((pattern) => typeof pattern === 'string' && pattern !== '' ? [{ path: `${base}/${pattern}`, access: 'read', glob: `${base}/**/${pattern}`, tree: false }] : [])
}

// What a command writes into a file of its own is part of its text.
function leakedSecrets ({ command }: ToolCall): readonly Touch[] {
  return command?.includes('<<') === true && leaksSecrets(command) ? [{ path: '~/.ssh', access: 'read', glob: null, tree: false }] : []
}

// A pattern counts from the workspace's root, like the names it is compared with.
function withPlacedGlob (touch: Touch, cwd: string): Touch {
  if (touch.glob === null || touch.glob.startsWith('~')) return touch
  const parts: string[] = []
  for (const part of (touch.glob.startsWith('/') ? touch.glob : `${cwd}/${touch.glob}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  const path = `/${parts.join('/')}`
  return { ...touch, glob: path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : path }
}

function targetOf (touch: Touch, { path, place }: CanonicalPath, { classes, globs }: Compiled): Target {
  const writes = touch.access !== 'read'
  const found: PathClass[] = [classes(path, place)]
  // Put where a `*` finds it, such a name is an option of whatever is given the names there.
  if (touch.access === 'write' && OPTION_NAME.test(path)) found.push('unknown')
  // No file tool expands patterns, but the next one that handles the name may.
  if (touch.glob === null && /[*?[{]/.test(touch.path)) found.push(...globs(path, { writes }))
  if (touch.glob !== null) {
    found.push(...globs(touch.glob, { writes }))
    // A pattern is no file of its own: that no list knows it says nothing.
    if (found[0] === 'unknown' && place === 'inside') found[0] = 'source'
  }
  if (touch.tree && writes && path === '.') found.push(...globs('*', { writes }), ...globs('.*', { writes }))
  return { path, class: strictestClass(found), access: touch.access }
}

const OPTION_NAME = /(?:^|\/)-[^/]+$/

// A command may read a part of a device; a file tool would wait for its end, which never comes.
function asFile ({ tool }: ToolCall, target: Target): Target {
  const isDevice = target.class === 'outside' && /^\/dev\/(?!null$)/.test(target.path)
  return isDevice && (tool === 'read-file' || tool === 'search') ? { ...target, class: 'unknown' } : target
}

function uniqueTargets (targets: readonly Target[]): readonly Target[] {
  const byKey = new Map<string, { path: string, access: Access, classes: PathClass[] }>()
  for (const { path, access, class: found } of targets) {
    const key = `${access}:${path}`
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, { path, access, classes: [found] })
    else known.classes.push(found)
  }
  return [...byKey.values()].map(({ path, access, classes }) => ({ path, class: strictestClass(classes), access }))
}

function commandFacts ({ text, programs, opaque, problems, network, writes, reads }: ShellFacts): CommandFacts {
  return { text, programs, opaque, problems, network, writes, reads }
}
