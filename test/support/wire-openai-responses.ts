import { halves, sse, USED, type Step, type Turn, type Wire } from './wire.ts'

interface InputItem { readonly type?: string, readonly role?: string }

/** OpenAI responses. */
export const openaiResponsesWire: Wire = {
  version: 'v1',
  turns: ({ input }: { input: string | readonly InputItem[] }) => typeof input === 'string'
    ? [{ speaker: 'user', text: input }]
    : input.flatMap((item) => {
      const speaker = speakerOf(item)
      return speaker === null ? [] : [{ speaker, text: JSON.stringify(item) }]
    }),
  streams: (_url, { stream }: { stream?: boolean }) => stream === true,
  whole: (step, serial) => response('completed', itemsOf(step, serial)),
  events (step, serial) {
    let number = 0
    const items = itemsOf(step, serial)
    const events = [
      { type: 'response.created', response: response('in_progress', []) },
      ...items.flatMap((item, index) => item.type === 'message' ? messageEvents(item, index) : callEvents(item, index)),
      'text' in step && step.end !== undefined
        ? { type: 'response.incomplete', response: { ...response('incomplete', items), incomplete_details: { reason: step.end } } }
        : { type: 'response.completed', response: response('completed', items) },
    ]
    return events.map((event) => sse({ ...event, sequence_number: number++ }, event.type))
  },
}

type Item =
  | { readonly type: 'message', readonly id: string, readonly role: 'assistant', readonly status: string, readonly content: readonly [{ readonly type: 'output_text', readonly text: string, readonly annotations: readonly [] }] }
  | { readonly type: 'function_call', readonly id: string, readonly call_id: string, readonly name: string, readonly arguments: string, readonly status: string }

function itemsOf (step: Step, serial: number): readonly Item[] {
  if ('text' in step) return [{ type: 'message', id: `msg_${serial}`, role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: step.text, annotations: [] }] }]
  return step.calls.map(([name, args], index) => ({ type: 'function_call', id: `fc_${serial}_${index}`, call_id: `call_${serial}_${index}`, name, arguments: JSON.stringify(args), status: 'completed' }))
}

function messageEvents (item: Extract<Item, { type: 'message' }>, index: number): ReadonlyArray<{ readonly type: string }> {
  const [part] = item.content
  const at = { item_id: item.id, output_index: index, content_index: 0 }
  return [
    { type: 'response.output_item.added', ...{ output_index: index, item: { ...item, status: 'in_progress', content: [] } } },
    { type: 'response.content_part.added', ...at, ...{ part: { ...part, text: '' } } },
    { type: 'response.output_text.delta', ...at, ...{ delta: part.text } },
    { type: 'response.output_text.done', ...at, ...{ text: part.text } },
    { type: 'response.content_part.done', ...at, ...{ part } },
    { type: 'response.output_item.done', ...{ output_index: index, item } },
  ]
}

function callEvents (item: Extract<Item, { type: 'function_call' }>, index: number): ReadonlyArray<{ readonly type: string }> {
  const at = { item_id: item.id, output_index: index }
  return [
    { type: 'response.output_item.added', ...{ output_index: index, item: { ...item, status: 'in_progress', arguments: '' } } },
    ...halves(item.arguments).map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, ...{ name: item.name, arguments: item.arguments } },
    { type: 'response.output_item.done', ...{ output_index: index, item } },
  ]
}

function response (status: string, output: readonly Item[]): object {
  const usage = { input_tokens: USED.input, input_tokens_details: { cached_tokens: 0 }, output_tokens: USED.output, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: USED.input + USED.output }
  return { id: 'resp_1', object: 'response', created_at: 1, model: 'model-1', status, output, usage: status === 'in_progress' ? null : usage }
}

function speakerOf ({ type, role }: InputItem): Turn['speaker'] | null {
  if (type === 'function_call_output') return 'tool'
  if (type === 'function_call' || role === 'assistant') return 'model'
  return role === 'user' ? 'user' : null
}
