import { parseStrictJson } from '../../gateway/decode/strict-json.ts'
import { isRecord } from './json-record.ts'

const MAX_BYTES = 1_048_576 // 1 MiB: nobody reads more in a prompt, and the approval has it in full

export interface AskedCall { readonly id: string, readonly agentSession: string, readonly native: string, readonly argumentsText: string }

/** A call as OpenCode's permission request shows it to its user. `always` names what was seen, never a pattern beyond it. */
export function nativeAsk ({ id, agentSession, native, argumentsText }: AskedCall): Readonly<Record<string, unknown>> {
  const { permission, pattern, metadata } = shown(native, argumentsOf(argumentsText))
  return { id, sessionID: agentSession, permission, patterns: [pattern], always: [pattern], metadata }
}

interface Shown { readonly permission: string, readonly pattern: string, readonly metadata: Readonly<Record<string, unknown>> }

function shown (native: string, args: Readonly<Record<string, unknown>>): Shown {
  const text = (name: string): string => typeof args[name] === 'string' ? args[name] : ''
  if (native === 'bash') return { permission: 'bash', pattern: text('command'), metadata: { command: text('command') } }
  if (native === 'write') return edit(text('filePath'), '', text('content'))
  if (native === 'edit') return edit(text('filePath'), text('oldString'), text('newString'))
  if (native === 'patch' || native === 'apply_patch') return { permission: 'edit', pattern: '*', metadata: { diff: text('patchText') } }
  return { permission: native, pattern: '*', metadata: { ...args } }
}

function edit (filepath: string, before: string, after: string): Shown {
  const path = filepath.replace(/^\/workspace\//, '')
  const [old, next] = [lines(before), lines(after)]
  const diff = [`--- a/${path}`, `+++ b/${path}`, `@@ -${old.length === 0 ? 0 : 1},${old.length} +${next.length === 0 ? 0 : 1},${next.length} @@`, ...old.map((line) => `-${line}`), ...next.map((line) => `+${line}`), ''].join('\n')
  return { permission: 'edit', pattern: path, metadata: { filepath, diff } }
}

function lines (text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function argumentsOf (text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseStrictJson(text, { maxDepth: 64, maxBytes: MAX_BYTES })
    return isRecord(value) ? value : {}
  } catch {
    return {} // what cannot be shown is shown as nothing; the approval still names it
  }
}
