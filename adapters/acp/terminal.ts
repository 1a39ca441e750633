import { posix } from 'node:path'
import { shellWord } from './shell-words.ts'
import { wish, type Read } from './touched.ts'
import { listOf, member, textOf } from './values.ts'

const MAX_WORDS = 1_024
const MAX_COMMAND = 131_072 // MAX_ARG_STRLEN on Linux: a longer `sh -c` argument cannot be started at all
const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'zsh', '/bin/sh', '/bin/bash', '/usr/bin/bash', '/bin/zsh'])
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * `terminal/create`. Editors differ in how they start it: some run the words as they are, some hand them to a shell. So it
 * must mean the same to both, or be a shell with one text; a command without words is taken for shell text, which both run alike or not at all.
 */
export const readTerminal: Read = (args, cwd, native) => {
  const command = textOf(args, 'command')
  const words = listOf(args, 'args')
  if (command === null || command.trim() === '') return 'it names no command'
  if (words.length > MAX_WORDS || words.some((word) => typeof word !== 'string')) return 'its arguments are not a short list of texts'
  const text = commandText(command, words as readonly string[])
  const variables = settings(listOf(args, 'env'))
  if (text === null) return 'an editor that starts it through a shell would run something else'
  if (variables === null) return 'a variable of it has no name'
  const whole = variables + text
  if (whole.length > MAX_COMMAND || whole.includes('\0')) return 'its command is too long, or holds a NUL'
  const folder = member(args, 'cwd')
  if (folder !== undefined && folder !== null && typeof folder !== 'string') return 'its folder is not a text'
  return { ...wish(native, 'run-shell', posix.resolve(cwd, folder ?? '.')), command: whole }
}

function commandText (command: string, words: readonly string[]): string | null {
  if (words.length === 0) return command
  const [flag, text, ...rest] = words
  if (SHELLS.has(command) && (flag === '-c' || flag === '-lc') && text !== undefined && rest.length === 0) return text
  return [command, ...words].every((word) => shellWord(word) === word) ? [command, ...words].join(' ') : null
}

// Before the command, where a shell would read them: what they make of it is then part of what is decided.
function settings (env: readonly unknown[]): string | null {
  let text = ''
  for (const entry of env) {
    const name = textOf(entry, 'name')
    const value = textOf(entry, 'value')
    if (name === null || value === null || !VARIABLE.test(name)) return null
    text += `${name}=${shellWord(value)} `
  }
  return text
}
