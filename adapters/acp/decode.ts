import { sha256 } from '../../gateway/core/canonical-json.ts'
import type { DecodedCall, UnreadableCall } from '../../gateway/core/tool-call.ts'
import { digestOrNull } from '../call-arguments.ts'
import { writtenPaths } from '../written-paths.ts'
import { readPermission } from './permission.ts'
import { readPrompt } from './prompt.ts'
import { readTerminal } from './terminal.ts'
import { targetsOf, wish, type Read } from './touched.ts'
import { isObject, textOf } from './values.ts'

const PROTOCOL = 'acp'
const MAX_NATIVE_CHARS = 128
const SETTING = /^[A-Za-z0-9_.-]{1,64}$/

const readFile: Read = (args, cwd, native) => {
  const targets = targetsOf([textOf(args, 'path') ?? ''], 'read')
  return targets === null ? 'it names no file' : { ...wish(native, 'read-file', cwd), targets }
}

const writeFile: Read = (args, cwd, native) => {
  const content = textOf(args, 'content')
  if (content === null) return 'it has no content'
  const path = textOf(args, 'path') ?? ''
  const targets = targetsOf(writtenPaths(path, content), 'write')
  return targets === null ? 'it names no file, or too many' : { ...wish(native, 'write-file', cwd), targets, written: [{ path, text: content, before: '' }] }
}

// Modes decide what agents ask about; policy knows each by its name, or not at all.
const setMode: Read = (args, cwd) => setting('session/set_mode', textOf(args, 'modeId'), cwd)

const setModel: Read = (_args, cwd) => wish('session/set_config_option:model', 'other', cwd)

const setOption: Read = (args, cwd, native) => {
  const option = textOf(args, 'configId')
  return option === 'mode' ? setting('session/set_mode', textOf(args, 'value'), cwd) : setting(native, option, cwd)
}

function setting (native: string, value: string | null, cwd: string): ReturnType<Read> {
  return value === null || !SETTING.test(value) ? 'it does not say what is to be set' : wish(`${native}:${value}`, 'other', cwd)
}

/** The requests of the Agent Client Protocol that do something, or let something be done. */
const METHODS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['fs/read_text_file', readFile],
  ['fs/write_text_file', writeFile],
  ['terminal/create', readTerminal],
  ['session/request_permission', readPermission],
  ['session/prompt', readPrompt],
  ['session/set_mode', setMode],
  ['session/set_model', setModel],
  ['session/set_config_option', setOption],
])

/**
 * Decodes one request of the Agent Client Protocol, version 1; `args` are its parameters with paths as policy knows them. Never throws: what
 * cannot be read, and every method that is not on the list, is an UnreadableCall.
 *
 * @param cwd absolute folder of the session, e.g. `/workspace`
 */
export function decodeAcpCall (native: string, args: unknown, cwd: string): DecodedCall {
  const name = Buffer.from(native.slice(0, MAX_NATIVE_CHARS)).toString()
  const digest = digestOrNull({ native: name, args, cwd })
  if (digest === null) return unreadable(name, 'its parameters are nested too deeply', sha256(`${name}\n${typeof args}`))
  const read = METHODS.get(native)
  if (read === undefined) return unreadable(name, 'there is no such request', digest)
  if (!isObject(args)) return unreadable(name, 'its parameters are not an object', digest)
  const touched = read(args, cwd, native)
  if (typeof touched === 'string') return unreadable(name, touched, digest)
  return Object.freeze({ readable: true, protocol: PROTOCOL, ...touched, digest })
}

function unreadable (native: string, problem: string, digest: string): UnreadableCall {
  return Object.freeze({ readable: false, protocol: PROTOCOL, native, problem, digest })
}
