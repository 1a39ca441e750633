import type { ModelFormatName } from '../../../../adapters/model-format.ts'

/** What a client of the protocol makes of an answer: its calls as `name arguments`, and whether the answer came to its end. */
export interface ReadAnswer { readonly calls: readonly string[], readonly isEnded: boolean }

type Json = any // eslint-disable-line @typescript-eslint/no-explicit-any -- a client's view of arbitrary JSON

/** Reads as the providers' own clients do: pieces of arguments are joined by their index. */
export function readByClient (format: ModelFormatName, text: string, stream: boolean): ReadAnswer {
  return stream ? STREAMS[format](eventsOf(text)) : WHOLE[format](JSON.parse(text))
}

function eventsOf (text: string): Json[] {
  return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.slice(6)))
}

interface Joined { name: string, text: string }

function joined (pieces: ReadonlyArray<{ readonly index: number, readonly name?: string, readonly text?: string }>): string[] {
  const calls = new Map<number, Joined>()
  for (const { index, name = '', text = '' } of pieces) {
    const call = calls.get(index) ?? { name: '', text: '' }
    calls.set(index, { name: call.name + name, text: call.text + text })
  }
  return [...calls.values()].map((call) => `${call.name} ${call.text}`)
}

const STREAMS: Readonly<Record<ModelFormatName, (events: readonly Json[]) => ReadAnswer>> = {
  'openai-chat': (events) => ({
    calls: joined(events.flatMap((event) => event.choices?.[0]?.delta?.tool_calls ?? []).map(({ index, function: called }: Json) => ({ index, name: called?.name, text: called?.arguments }))),
    isEnded: events.at(-1) === '[DONE]' && events.some((event) => typeof event.choices?.[0]?.finish_reason === 'string'),
  }),
  'openai-responses': (events) => ({
    calls: events.filter(({ type, item }) => type === 'response.output_item.done' && item.type === 'function_call').map(({ item }) => `${item.name} ${item.arguments}`),
    isEnded: events.at(-1)?.type === 'response.completed',
  }),
  anthropic: (events) => ({
    calls: joined(events.filter(({ type, content_block: block, delta }) => block?.type === 'tool_use' || (type === 'content_block_delta' && delta.type === 'input_json_delta'))
      .map(({ index, content_block: block, delta }) => ({ index, name: block?.name, text: delta?.partial_json }))),
    isEnded: events.at(-1)?.type === 'message_stop' && events.some(({ type, delta }) => type === 'message_delta' && typeof delta.stop_reason === 'string'),
  }),
  gemini: (events) => ({
    calls: events.flatMap((event) => partsOf(event)),
    isEnded: typeof events.at(-1)?.candidates?.[0]?.finishReason === 'string',
  }),
}

const WHOLE: Readonly<Record<ModelFormatName, (answer: Json) => ReadAnswer>> = {
  'openai-chat': ({ choices: [choice] }) => ({
    calls: (choice.message.tool_calls ?? []).map(({ function: called }: Json) => `${called.name} ${called.arguments}`), isEnded: typeof choice.finish_reason === 'string',
  }),
  'openai-responses': ({ output, status }) => ({
    calls: output.filter(({ type }: Json) => type === 'function_call').map((item: Json) => `${item.name} ${item.arguments}`), isEnded: status === 'completed',
  }),
  anthropic: ({ content, stop_reason: reason }) => ({
    calls: content.filter(({ type }: Json) => type === 'tool_use').map((block: Json) => `${block.name} ${JSON.stringify(block.input)}`), isEnded: typeof reason === 'string',
  }),
  gemini: (answer) => ({ calls: partsOf(answer), isEnded: typeof answer.candidates[0].finishReason === 'string' }),
}

function partsOf (answer: Json): string[] {
  return (answer.candidates?.[0]?.content?.parts ?? []).filter((part: Json) => part.functionCall !== undefined).map(({ functionCall }: Json) => `${functionCall.name} ${JSON.stringify(functionCall.args)}`)
}
