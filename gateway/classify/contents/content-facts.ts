import type { ContentFacts, ContentSign, WrittenText } from '../../core/tool-call.ts'
import { opensBackDoor } from './back-doors.ts'
import { buildCommands } from './build-commands.ts'
import { codeHarm } from './code-harm.ts'
import { codeSigns } from './code-signs.ts'
import { databaseSigns } from './database-signs.ts'
import { runsDecoded } from './decoded-code.ts'
import { delivers } from './deliveries.ts'
import { runsFetched } from './fetched-code.ts'
import { startsFromEditors } from './modelines.ts'
import { runsWhatComes } from './fetched-files.ts'
import { magicSigns, notebookCode } from './notebook-cells.ts'
import { settled, settledScript } from './settled-text.ts'
import { shellLines } from './shell-lines.ts'
import { shellSigns } from './shell-signs.ts'
import { isToolSettings, settingSigns } from './tool-settings.ts'
import { STYLE, trapSigns } from './trap-signs.ts'
import { windowsSigns } from './windows-signs.ts'

const MAX_CHARS = 524_288 // of one call, new and old; people write some kilobytes at a time, and reading it keeps everybody else waiting
const MAX_SECRETS = 8

/** Says whether a path, as a text names it from the workspace's root, is of class secret: its canonical form, or null. */
export type SecretName = (path: string) => string | null

/** Signs as they are found. */
export interface Signs { readonly signs: Set<ContentSign>, readonly secrets: Set<string> }

// What is only read by people, and data that nothing runs. No folder: `docs/conf.py` is a program.
const INERT = /(?<!(?:^|\/)CMakeLists)\.(?:md|mdx|markdown|rst|adoc|txt|csv|tsv|svg|css|scss|sass|less|po|pot|lock|snap|ndjson|jsonl|geojson|xml|xsd|proto|graphql|png|jpg)$|(?:^|\/)(?:\.\w*ignore|LICENSE|NOTICE|CHANGELOG|CODEOWNERS)$/i
const DATA = /\.(?:json|jsonc|json5|ya?ml|toml|ini|cfg|conf|properties)$/i
const SCRIPTED = /(?:^|\/)(?:(?:package|composer|deno|nodemon|nx|project|workspace|angular|lerna|turbo|rush)\.jsonc?|tasks\.json|launch\.json|(?:docker-)?compose[\w.-]*\.ya?ml|[Tt]askfile[\w.-]*\.ya?ml|Procfile[\w.]*)$/
const SHELL = /\.(?:sh|bash|zsh|ksh|bats|command|mk|mak|just|fish)$|(?:^|\/)(?:GNUmakefile|[Mm]akefile[\w.-]*|\.?[Jj]ustfile|(?:[\w.-]+\.)?(?:Dockerfile|Containerfile)[\w.-]*|\.(?:bash|zsh)?(?:rc|profile|_profile))$/
// Programs that say what tools are to start.
const COMMANDED = /\.(?:tf|tofu|hcl|nomad)$|\.(?:config|conf)\.[cm]?[jt]s$|(?:^|\/)(?:[Gg]runtfile|[Gg]ulpfile)\.\w+$|(?:^|\/)\.storybook\//
const BYTE_ORDER_MARK = '\ufeff'
const BUILD_XML = /<(?:exec|Exec|executable|commandline(?:Args)?)\b/
const PROGRAM = /\.(?:[cm]?[jt]sx?|rb|py|php|lua)$/
const SHEBANG = /^#!\s*\S*(?:\/|\s)(?:env\s+(?:-S\s+)?)?(?:ba|z|da|k)?sh\b/

/**
 * What new texts of files give away of harm; null when nothing does. Only strong signs: what a text does is seen when it runs, in a sandbox
 * that has neither secrets nor a network. What stood there before says nothing of the call.
 */
export function contentFacts (given: readonly WrittenText[], isSecret: SecretName): ContentFacts | null {
  const written = given.map((one) => one.text.startsWith(BYTE_ORDER_MARK) ? { ...one, text: one.text.slice(1) } : one)
  const found: Signs = { signs: new Set(), secrets: new Set() }
  const read = written.filter(({ path, text }) => text !== '' && (!INERT.test(path) || STYLE.test(path) || isToolSettings(path) || (/\.xml$/i.test(path) && BUILD_XML.test(text))))
  // Also when as much stood there before: what is new in it is not known.
  if (read.reduce((sum, { text, before }) => sum + text.length + before.length, 0) > MAX_CHARS) return { signs: ['unread'], secrets: [] }
  for (const { path, text, before } of written) {
    if (startsFromEditors(text) && !startsFromEditors(before)) found.signs.add('harmful-command')
    if (INERT.test(path) && written.some((other) => starts(other.text, path)) && signsOf('x.sh', text, isSecret) !== null) found.signs.add('remote-code')
  }
  for (const { path, text, before } of read) {
    const now = allSigns(path, text, isSecret)
    if (now === null || now.signs.size === 0) continue
    const then = before === '' ? null : allSigns(path, before, isSecret)
    const isNew = [...now.secrets].some((secret) => then?.secrets.has(secret) !== true)
    for (const sign of now.signs) if (isNew || sign === 'unread' || then?.signs.has(sign) !== true) found.signs.add(sign)
    for (const secret of now.secrets) if (then?.secrets.has(secret) !== true) found.secrets.add(secret)
  }
  return found.signs.size === 0 ? null : { signs: [...found.signs].sort(), secrets: [...found.secrets].sort().slice(0, MAX_SECRETS) }
}

// A text that is none to be run is one when a program of the same call runs it.
function starts (text: string, path: string): boolean {
  const name = path.split('/').at(-1) ?? path
  return name.length > 2 && text.split('\n').some((line) => line.length < 2_000 && line.includes(name) && /(?:\b(?:ba|z|da)?sh|\bsource|\bpython3?|\bnode|\bperl|\bruby|\bexec\w*|\beval|(?:^|\s)\.)[\s'"(]/.test(line.slice(0, line.indexOf(name))))
}

function allSigns (path: string, text: string, isSecret: SecretName): Signs | null {
  const kind = isScript(path, text) ? 'script' : DATA.test(path) || STYLE.test(path) || (isToolSettings(path) && !PROGRAM.test(path)) || /\.sql$/i.test(path) ? 'data' : 'code'
  const traps = trapSigns(path, text, kind, isSecret)
  if (STYLE.test(path)) return traps
  const plain = kind === 'script' ? settledScript(text) : kind === 'code' ? settled(text) : text
  const found = joined(signsOf(path, text, isSecret), traps)
  return plain === text ? found : joined(found, joined(signsOf(path, plain, isSecret), trapSigns(path, plain, kind, isSecret)))
}

function isScript (path: string, text: string): boolean {
  return SHELL.test(path) || SHEBANG.test(text.slice(0, 64))
}

function signsOf (path: string, text: string, isSecret: SecretName): Signs | null {
  if (isScript(path, text)) return shellSigns(shellLines(path, text), isSecret)
  if (SCRIPTED.test(path)) return joined(shellSigns(quotedLines(text), isSecret), settingSigns(path, text, isSecret))
  if (/\.ipynb$/.test(path)) return notebookSigns(path, text, isSecret)
  if (/(?:^|\/)CMakeLists\.txt$|\.cmake$/.test(path)) return joined(codeSigns(text, isSecret), shellSigns(buildCommands(text), isSecret))
  if (/\.(?:ps1|psm1|cmd|bat)$/i.test(path)) return windowsSigns(text, isSecret)
  if (/\.xml$/i.test(path)) return settingSigns(path, `command: ${text.replace(/<!--[^]*?-->/g, '').replace(/<[^<>]{0,400}?\b(?:[cC]ommand|executable|line|value)="([^"<>]{1,400})"[^<>]{0,200}>/g, ' $1 ').replace(/<[^<>]{0,400}>\s*/g, ' ')}`, isSecret)
  if (/\.sql$/i.test(path)) return { signs: new Set(databaseSigns(path, text)), secrets: new Set() }
  if (DATA.test(path) || (isToolSettings(path) && !PROGRAM.test(path))) return settingSigns(path, text, isSecret)
  const settings = COMMANDED.test(path) || isToolSettings(path) ? settingSigns(path, text, isSecret) : null
  return joined(joined(codeSigns(text, isSecret), startSigns(path, text)), settings)
}

// What code starts, and out of what.
function startSigns (path: string, text: string): Signs {
  const signs: Signs['signs'] = new Set()
  if (opensBackDoor(path, text)) signs.add('harmful-command')
  if (runsFetched(text) || runsWhatComes(text) || runsDecoded(path, text)) signs.add('remote-code')
  if (delivers(path, text)) signs.add('delivers')
  for (const sign of codeHarm(text)) signs.add(sign)
  return { signs, secrets: new Set() }
}

// A part of a notebook, as an edit has it, is lines in quotes.
function notebookSigns (path: string, text: string, isSecret: SecretName): Signs | null {
  const { shell, code } = notebookCode(text) ?? { shell: quotedLines(text.replace(/\\n"/g, '"')), code: text }
  return joined(joined(shellSigns(shell, isSecret), magicSigns(code, isSecret)), joined(codeSigns(code, isSecret), startSigns(path, code)))
}

function joined (one: Signs | null, two: Signs | null): Signs | null {
  if (one === null || two === null) return one ?? two
  return { signs: new Set([...one.signs, ...two.signs]), secrets: new Set([...one.secrets, ...two.secrets]) }
}

// Commands stand in quotes, or behind a key or a dash.
function quotedLines (text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '').map((line) => line.trim()
    .replace(/^-\s+/, '').replace(/^"?[\w:.@/-]+"?\s*:\s*/, '').replace(/,$/, '').replace(/^"(.*)"$/, '$1').replaceAll('\\"', '"').replaceAll('\\\\', '\\'))
}
