import { decodeAcpCall } from '../adapters/acp/decode.ts'
import { decodeAgentCall } from '../adapters/agents/decode.ts'
import { decodeOpencodeCall } from '../adapters/opencode/decode.ts'
import { decodeWeirCall } from '../adapters/weir/decode.ts'
import type { DecodedCall } from './core/tool-call.ts'

/** One tool protocol: how its native names and arguments become a ToolCall. Pure; never throws on input. */
export interface Adapter { decode (native: string, args: unknown, cwd: string): DecodedCall }

export type Adapters = Readonly<Record<string, Adapter>>

/** The only list of adapters. No prototype: its keys are compared with outside strings. */
export const ADAPTERS: Adapters = Object.freeze(Object.assign(Object.create(null) as Record<string, Adapter>, {
  opencode: { decode: decodeOpencodeCall },
  weir: { decode: decodeWeirCall },
  acp: { decode: decodeAcpCall },
  agent: { decode: decodeAgentCall },
}))
