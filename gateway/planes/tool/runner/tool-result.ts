import type { TerminalSize, ToolEnd } from '../../../../sandbox/sandbox.ts'
import type { TestReport } from './test-report.ts'

export const OUTPUT_STREAMS = ['stdout', 'stderr'] as const
export type OutputStream = typeof OUTPUT_STREAMS[number]

/** What a running call is connected to. */
export interface ToolIo {
  /** Ends the call; a command is killed. May be made on first use: who only wants to know whether it was said asks `isCancelled`. */
  readonly signal: AbortSignal
  /** Whether the signal has said so. Default: as the signal says. */
  isCancelled? (): boolean
  /** Takes output as it comes, in whole characters. The call waits while this does: nothing is kept of what was taken. */
  onOutput (stream: OutputStream, text: string): Promise<void> | void
  /** Gets the way to change the size of the call's terminal, when it has one; null when it has none any more. Default: nobody changes it. */
  onTerminal? (resize: ((size: TerminalSize) => void) | null): void
}

/** Why a call did not do its work, in a word for programs and a sentence for people. */
export interface WorkFailed { readonly ok: false, readonly problem: string, readonly text: string }

export interface ReadResult { readonly ok: true, readonly kind: 'file', readonly content: string, readonly encoding: 'utf-8' | 'base64', readonly size: number, readonly whole: boolean }
export interface WrittenResult { readonly ok: true, readonly kind: 'written', readonly size: number }
/** A command that ran to some end. `outputBytes` counts both streams; `tests` is there when its output was a report of tests. */
export interface CommandResult { readonly ok: boolean, readonly kind: 'command', readonly how: ToolEnd['how'] | 'too-much-output', readonly code: number, readonly outputBytes: number, readonly tests?: TestReport }
export interface Match { readonly path: string, readonly line: number, readonly text: string }
export interface SearchResult { readonly ok: true, readonly kind: 'matches', readonly matches: readonly Match[], readonly whole: boolean }

/** One part of what an attached MCP server answered, as MCP has it. */
export type RemotePart =
  | { readonly type: 'text', readonly text: string }
  | { readonly type: 'image' | 'audio', readonly data: string, readonly mimeType: string }
  | { readonly type: 'resource_link', readonly uri: string, readonly name: string }
  | { readonly type: 'resource', readonly resource: { readonly uri: string, readonly mimeType?: string } & ({ readonly text: string } | { readonly blob: string }) }
/** What an attached MCP server answered. `bytes` and `digest` (SHA-256, hex) are of its parts as JSON. */
export interface RemoteResult { readonly ok: boolean, readonly kind: 'remote', readonly parts: readonly RemotePart[], readonly bytes: number, readonly digest: string }

/** What became of an allowed call. */
export type ToolResult = ReadResult | WrittenResult | CommandResult | SearchResult | RemoteResult | WorkFailed
