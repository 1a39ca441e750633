import type { RawTarget } from '../../gateway/core/tool-call.ts'
import { askedOfAgent } from '../opencode/asked-of-agent.ts'
import { mentionedFiles } from '../opencode/mentioned-files.ts'
import { targetsOf, wish, type Read } from './touched.ts'
import { listOf, textOf } from './values.ts'

const EXPANSION = /!`/ // in a slash command OpenCode runs what stands behind it, and asks nobody
const MAX_PARTS = 256

/**
 * `session/prompt`: the files that it refers to, which agents read without asking, and what a slash command makes of its words.
 */
export const readPrompt: Read = (args, cwd, native) => {
  const parts = listOf(args, 'prompt')
  if (parts.length > MAX_PARTS) return 'it has too many parts'
  const links = parts.filter((part) => textOf(part, 'type') === 'resource_link').map((part) => textOf(part, 'uri'))
  const files = links.map((uri) => uri === null ? null : fileOf(uri))
  if (files.some((path) => path === null)) return 'it refers to something that is no file'
  const targets = targetsOf(files as string[], 'read')
  if (targets === null) return 'it refers to too many files'
  const texts = parts.map((part) => textOf(part, 'type') === 'text' ? textOf(part, 'text') ?? '' : '')
  return hasSlashCommand(texts) ? ordered([...texts, texts.join('')], targets, cwd, native) : { ...wish(native, 'read-file', cwd), targets }
}

/** Whether these texts hold a slash command, each alone or put together as an agent may do. */
export function hasSlashCommand (texts: readonly string[]): boolean {
  return [...texts, texts.join('')].some((text) => text.trimStart().startsWith('/'))
}

function ordered (commands: readonly string[], linked: readonly RawTarget[], cwd: string, native: string): ReturnType<Read> {
  if (commands.some((text) => EXPANSION.test(text))) return 'a slash command in it would start a shell'
  const mentioned = mentionedFiles(commands, cwd)
  const asked = askedOfAgent(commands, cwd)
  if (mentioned === null || asked === null) return 'a slash command in it names too much'
  return { ...wish(native, 'delegate', cwd), targets: [...linked, ...mentioned, ...asked.targets], command: asked.command, url: asked.url }
}

/** The path in a `file:` URI of this machine; null when it is none, or names no file that could be compared. */
export function fileOf (uri: string): string | null {
  const url = URL.canParse(uri) ? new URL(uri) : null
  if (url?.protocol !== 'file:' || (url.host !== '' && url.host !== 'localhost')) return null
  try {
    return decodeURIComponent(url.pathname)
  } catch {
    return null // not UTF-8: no name of a file that could be compared
  }
}
