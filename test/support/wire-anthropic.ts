import { halves, sse, USED, type Step, type Turn, type Wire } from './wire.ts'

interface Message { readonly role: string, readonly content: unknown }

const usage = { input_tokens: USED.input, output_tokens: USED.output }

/** Anthropic messages. */
export const anthropicWire: Wire = {
  version: 'v1',
  turns: ({ messages }: { messages: readonly Message[] }) => messages.map((message) => ({ speaker: speakerOf(message), text: JSON.stringify(message.content) })),
  streams: (_url, { stream }: { stream?: boolean }) => stream === true,
  whole: (step, serial) => ({ ...message(serial), content: blocksOf(step, serial), stop_reason: stopOf(step), usage }),
  events: (step, serial) => [
    named({ type: 'message_start', message: { ...message(serial), content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } }),
    named({ type: 'ping' }),
    ...blocksOf(step, serial).flatMap((block, index) => [
      named({ type: 'content_block_start', index, content_block: block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} } }),
      ...deltasOf(block).map((delta) => named({ type: 'content_block_delta', index, delta })),
      named({ type: 'content_block_stop', index }),
    ]),
    named({ type: 'message_delta', delta: { stop_reason: stopOf(step), stop_sequence: null }, usage: { output_tokens: USED.output } }),
    named({ type: 'message_stop' }),
  ],
}

type Block = { readonly type: 'text', readonly text: string } | { readonly type: 'tool_use', readonly id: string, readonly name: string, readonly input: unknown }

function blocksOf (step: Step, serial: number): readonly Block[] {
  if ('text' in step) return [{ type: 'text', text: step.text }]
  return step.calls.map(([name, input], index) => ({ type: 'tool_use', id: `toolu_${serial}_${index}`, name, input }))
}

function deltasOf (block: Block): readonly object[] {
  if (block.type === 'text') return [{ type: 'text_delta', text: block.text }]
  return halves(JSON.stringify(block.input)).map((partial) => ({ type: 'input_json_delta', partial_json: partial }))
}

function message (serial: number): object {
  return { id: `msg_${serial}`, type: 'message', role: 'assistant', model: 'model-1', stop_sequence: null }
}

function named (value: { readonly type: string, readonly [name: string]: unknown }): string {
  return sse(value, value.type)
}

function stopOf (step: Step): string {
  return 'text' in step ? step.end ?? 'end_turn' : 'tool_use'
}

function speakerOf ({ role, content }: Message): Turn['speaker'] {
  if (role === 'assistant') return 'model'
  return JSON.stringify(content).includes('"tool_result"') ? 'tool' : 'user'
}
