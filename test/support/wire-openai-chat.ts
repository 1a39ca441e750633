import { halves, sse, USED, type Step, type Turn, type Wire } from './wire.ts'

const usage = { prompt_tokens: USED.input, completion_tokens: USED.output, total_tokens: USED.input + USED.output }
const SPEAKERS: Readonly<Record<string, Turn['speaker']>> = { user: 'user', assistant: 'model', tool: 'tool' }

interface Message { readonly role: string, readonly content: unknown }

/** OpenAI chat completions. */
export const openaiChatWire: Wire = {
  version: 'v1',
  turns: ({ messages }: { messages: readonly Message[] }) => messages.flatMap(({ role, content }) => {
    const speaker = SPEAKERS[role]
    return speaker === undefined ? [] : [{ speaker, text: JSON.stringify(content) }]
  }),
  streams: (_url, { stream }: { stream?: boolean }) => stream === true,
  whole (step, serial) {
    const message = 'text' in step
      ? { role: 'assistant', content: step.text }
      : { role: 'assistant', content: null, tool_calls: step.calls.map(([name, args], index) => ({ id: idOf(serial, index), type: 'function', function: { name, arguments: JSON.stringify(args) } })) }
    return { id: 'cmpl', object: 'chat.completion', model: 'model-1', choices: [{ index: 0, message, finish_reason: finishOf(step) }], usage }
  },
  events: (step, serial) => [
    chunk({ role: 'assistant', content: 'text' in step ? step.text : 'I will do that. ' }),
    ...('text' in step
      ? []
      : step.calls.flatMap(([name, args], index) => {
        const [first, second] = halves(JSON.stringify(args))
        return [
          chunk({ tool_calls: [{ index, id: idOf(serial, index), type: 'function', function: { name, arguments: first } }] }),
          chunk({ tool_calls: [{ index, function: { arguments: second } }] }),
        ]
      })),
    chunk({}, finishOf(step)),
    sse({ id: 'cmpl', object: 'chat.completion.chunk', choices: [], usage }),
    sse('[DONE]'),
  ],
}

function chunk (delta: object, finish: string | null = null): string {
  return sse({ id: 'cmpl', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })
}

function finishOf (step: Step): string {
  return 'text' in step ? step.end ?? 'stop' : 'tool_calls'
}

function idOf (serial: number, index: number): string {
  return `call_${serial}_${index}`
}
